"""Code that meets the outside, one sub-package a port; reached by name through `patron.plugins`, never imported by the path."""

from __future__ import annotations

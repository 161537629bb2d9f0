"""To whom it happened: identifiers, links, and the customers they resolve to.

Identifiers that meet on a record are linked. `meetings` says which of these links count: firm identifiers (a customer number, an e-mail
address, a phone number) join people, weak ones (a browser, the address of an office) never do, and one that very many share joins nobody.
`components` finds who hangs together, `merging` tells which meetings made one customer of two and keeps apart what was undone, and
`customers` names each customer by its strongest, oldest identifier and gathers what is known. `evidence` says when all of that would come
out as before. Everything is a projection: the same records give the same customers, whatever the order they came in, and an undone merge
gives back what was. Consent is not weighed here: on a merge the strictest has to win, which is for policy to say.
"""

from __future__ import annotations

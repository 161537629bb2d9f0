"""Connected components of a graph of ids, as a few set-wise steps that repeat until no edge is left.

Each round points every id at its smallest neighbour, follows the pointers one step further, and contracts the edges onto what they point
at. An edge has `low_id` < `high_id`. Ids are hashes, so a round removes a constant share of the edges, however the graph looks; the
answer (the smallest id of each component) does not depend on the order of rows.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from patron.kernel.expressions import said_once

EDGES = ibis.schema({"low_id": "int64", "high_id": "int64"})
PARENTS = ibis.schema({"node_id": "int64", "parent_id": "int64"})
LABELS = ibis.schema({"identifier_id": "int64", "label": "int64"})


@said_once
def edges(pairs: ir.Table, left: str = "left_id", right: str = "right_id") -> ir.Table:
    """Each pair of different ids once, the smaller first (`EDGES`)."""
    ordered = pairs.select(low_id=ibis.least(pairs[left], pairs[right]), high_id=ibis.greatest(pairs[left], pairs[right]))
    return ordered.filter(ordered.low_id != ordered.high_id).distinct()


@said_once
def own_labels(graph: ir.Table) -> ir.Table:
    """Every id of a graph (`EDGES`) labelled with itself (`LABELS`)."""
    nodes = graph.select(identifier_id=graph.low_id).union(graph.select(identifier_id=graph.high_id), distinct=True)
    return nodes.mutate(label=nodes.identifier_id)


@said_once
def parents(graph: ir.Table) -> ir.Table:
    """The smallest neighbour of each id that has a smaller one (`PARENTS`)."""
    return graph.group_by(node_id=graph.high_id).aggregate(parent_id=graph.low_id.min())


@said_once
def grandparents(of: ir.Table) -> ir.Table:
    """The pointers of `PARENTS`, one step further where there is one."""
    above = of.select(_id=of.node_id, _above=of.parent_id)
    joined = of.left_join(above, of.parent_id == above._id)
    return joined.select(node_id=joined.node_id, parent_id=ibis.coalesce(joined._above, joined.parent_id))


@said_once
def contracted(graph: ir.Table, onto: ir.Table) -> ir.Table:
    """The edges between what their ends point at; what fell together is gone."""
    low = onto.select(_low=onto.node_id, _low_to=onto.parent_id)
    high = onto.select(_high=onto.node_id, _high_to=onto.parent_id)
    joined = graph.left_join(low, graph.low_id == low._low)
    joined = joined.left_join(high, joined.high_id == high._high)
    moved = joined.select(
        left_id=ibis.coalesce(joined._low_to, joined.low_id),
        right_id=ibis.coalesce(joined._high_to, joined.high_id),
    )
    return edges(moved)


@said_once
def relabelled(labels: ir.Table, onto: ir.Table) -> ir.Table:
    """Labels after a round: what each label points at."""
    to = onto.select(_node=onto.node_id, _to=onto.parent_id)
    joined = labels.left_join(to, labels.label == to._node)
    return joined.select(identifier_id=joined.identifier_id, label=ibis.coalesce(joined._to, joined.label))

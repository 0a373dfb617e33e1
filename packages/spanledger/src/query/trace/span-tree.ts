import type { SpanLine } from '@spanledger/sdk/model'

/** A span with its place in the trace. */
export interface TreeSpan<S> {
  span: S
  children: TreeSpan<S>[]
}

export interface SpanTree<S> {
  /** Spans without a parent, by start. */
  roots: TreeSpan<S>[]
  /** Spans whose parent is not in the ledger, under the id of that parent, by the start of the first of them. */
  orphans: { parent: string; children: TreeSpan<S>[] }[]
  /** Lines left out because a span of the same id was there. */
  duplicates: number
}

type Placed = Pick<SpanLine, 'span' | 'parent' | 'start'>

/**
 * The spans of one trace as a tree. The same spans in any order give the same tree.
 *
 * A span told twice stands once: the last line wins, as it is what its sender said last. Parents that lead in a circle
 * (broken senders do that) are cut at the span that started first, which then hangs under its parent as missing.
 */
export function spanTree<S extends Placed>(spans: readonly S[]): SpanTree<S> {
  const byId = new Map<string, TreeSpan<S>>()
  for (const span of spans) byId.set(span.span, { span, children: [] })
  const nodes = [...byId.values()].toSorted(byStart)
  const cut = circles(nodes, byId)

  const roots: TreeSpan<S>[] = []
  const orphans = new Map<string, TreeSpan<S>[]>()
  for (const node of nodes) {
    const { parent } = node.span
    if (parent === undefined || parent === '') roots.push(node)
    else if (byId.has(parent) && !cut.has(node)) byId.get(parent)!.children.push(node)
    else if (orphans.has(parent)) orphans.get(parent)!.push(node)
    else orphans.set(parent, [node])
  }
  return {
    roots,
    orphans: [...orphans].map(([parent, children]) => ({ parent, children })),
    duplicates: spans.length - byId.size,
  }
}

/** Walks every span in depth-first order: what a person reads from top to bottom. */
export function* walk<S>(
  nodes: readonly TreeSpan<S>[],
  depth = 0,
): Generator<{ node: TreeSpan<S>; depth: number }> {
  // A stack of its own: a chain of 40,000 spans is deeper than JavaScript's.
  const stack = nodes.toReversed().map((node) => ({ node, depth }))
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    yield next
    for (const child of next.node.children.toReversed()) stack.push({ node: child, depth: next.depth + 1 })
  }
}

/** For each circle of parents the node of it that comes first. */
function circles<S extends Placed>(nodes: TreeSpan<S>[], byId: Map<string, TreeSpan<S>>): Set<TreeSpan<S>> {
  const cut = new Set<TreeSpan<S>>()
  const seenIn = new Map<TreeSpan<S>, number>()
  nodes.forEach((start, walkNumber) => {
    let node: TreeSpan<S> | undefined = start
    while (node !== undefined && !seenIn.has(node)) {
      seenIn.set(node, walkNumber)
      node = byId.get(node.span.parent ?? '')
    }
    // Nodes are walked by start, but the walk may enter the circle anywhere: go round once for its earliest.
    if (node === undefined || seenIn.get(node) !== walkNumber) return
    let earliest = node
    for (let at = byId.get(node.span.parent!)!; at !== node; at = byId.get(at.span.parent!)!)
      if (byStart(at, earliest) < 0) earliest = at
    cut.add(earliest)
  })
  return cut
}

/** By start, then by id, so that equal starts keep one order. Digits of different length are compared as numbers. */
const byStart = <S extends Placed>(a: TreeSpan<S>, b: TreeSpan<S>): number =>
  a.span.start.length - b.span.start.length ||
  (a.span.start < b.span.start ? -1 : a.span.start > b.span.start ? 1 : a.span.span < b.span.span ? -1 : 1)

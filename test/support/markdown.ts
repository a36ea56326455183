/** A fenced block of a Markdown page. */
export interface CodeBlock {
  /** The word after the fence, `corefile`. */
  readonly language: string
  readonly text: string
  /** Line of its first line of text, counted from 1. */
  readonly line: number
  /** The last heading above it, without its signs. */
  readonly heading: string
}

/** A heading of a Markdown page and what stands below it, up to the next heading of any level. */
export interface Section {
  /** Number of `#` signs. */
  readonly level: number
  readonly title: string
  readonly text: string
  /** Line of the heading, counted from 1. */
  readonly line: number
}

/** The sections of a page, in order. Lines within fenced blocks are no headings. */
export function sectionsOf(page: string): Section[] {
  const sections: { level: number; title: string; lines: string[]; line: number }[] = []
  let fence = ''
  for (const [index, line] of page.split('\n').entries()) {
    fence = fenceAfter(line, fence)
    const heading = fence === '' ? /^(#{1,6}) (.*)$/.exec(line) : null
    if (heading === null) sections.at(-1)?.lines.push(line)
    else sections.push({ level: heading[1]!.length, title: heading[2]!.trim(), lines: [], line: index + 1 })
  }
  return sections.map(({ lines, ...section }) => ({ ...section, text: lines.join('\n') }))
}

/** The fenced blocks of a page, in order; fences of tildes and of backticks are the same. */
export function codeBlocksOf(page: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  let heading = ''
  let fence = ''
  let open: { language: string; lines: string[]; line: number } | null = null
  for (const [index, line] of page.split('\n').entries()) {
    const before = fence
    fence = fenceAfter(line, fence)
    if (before === '' && fence !== '') open = { language: line.slice(fence.length).trim(), lines: [], line: index + 2 }
    else if (before !== '' && fence === '' && open !== null) {
      blocks.push({ language: open.language, text: `${open.lines.join('\n')}\n`, line: open.line, heading })
      open = null
    } else if (open !== null) open.lines.push(line)
    else heading = /^#{1,6} (.*)$/.exec(line)?.[1]?.trim() ?? heading
  }
  return blocks
}

/** The fence that is open after `line`; empty outside of blocks. */
function fenceAfter(line: string, fence: string): string {
  const marks = /^(~{3,}|`{3,})/.exec(line)?.[1]
  if (marks === undefined) return fence
  if (fence === '') return marks
  return marks[0] === fence[0] && marks.length >= fence.length && line.trim() === marks ? '' : fence
}

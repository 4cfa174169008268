/** The shape that every package's README has: what it opens with, and the order of its parts. */

/** In this order; some only where there is something to say. */
const parts = [
  ["What it is", "always"],
  ["When to use it, and when not", "always"],
  ["Install", "always"],
  ["Use", "always"],
  ["API", "always"],
  ["Data", "sometimes"],
  ["Shapes and units", "sometimes"],
  ["Accuracy", "sometimes"],
  ["Size", "sometimes"],
  ["Speed", "sometimes"],
  ["References", "sometimes"],
  ["License", "always"],
] as const;

const order = parts.map(([part]) => part as string);

/** What keeps a README from the shape. @param name - the package's */
export const shapeProblems = (name: string, text: string): readonly string[] => {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, "```");
  const [title = "", ...blocks] = prose
    .split("## What it is")[0]!
    .trim()
    .split(/\n{2,}/);
  const [sentence = "", ...formula] = blocks;
  const headings = [...prose.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading!);
  const known = headings.filter((heading) => order.includes(heading));
  const sorted = known.toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
  return [
    ...(title === `# ${name}` ? [] : [`must open with "# ${name}", got "${title}"`]),
    ...(/^[^#|`-].*\.$/s.test(sentence) && (sentence.match(/[.?!](?=\s|$)/g) ?? []).length === 1
      ? []
      : [`must say in one sentence what it is, got "${sentence}"`]),
    ...(formula.some((block) => block.startsWith("```") || block.startsWith("|"))
      ? []
      : ["must have a formula or its like, in a block or a table, before What it is"]),
    ...headings.filter((heading) => !order.includes(heading)).map((heading) => `must have no part "${heading}"`),
    ...parts
      .filter(([part, when]) => when === "always" && !headings.includes(part))
      .map(([part]) => `must have a part "${part}"`),
    ...(known.join() === sorted.join()
      ? []
      : [`must have its parts in the order ${sorted.join(", ")}, got ${known.join(", ")}`]),
  ];
};

/** The documentation site's own parts: its live matrices, its addresses, its sidebar. The site itself is driven by `npm run docs:check`. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { siteAddress } from "../../../docs/.vitepress/addresses.ts";
import { sidebar } from "../../../docs/.vitepress/sidebar.ts";
import { matrices } from "../../../docs/.vitepress/theme/matrices/index.ts";
import type { Control, Matrix, Settings } from "../../../docs/.vitepress/theme/matrices/matrix.ts";

const initial = ({ controls }: Matrix): Settings =>
  Object.fromEntries(Object.entries(controls).map(([name, { value }]) => [name, value]));

const ends = (control: Control): readonly (string | number)[] =>
  control.kind === "choice" ? Object.keys(control.options) : [control.least, control.most];

/** One number at an end, the others as they begin. */
const variants = (matrix: Matrix): readonly Settings[] =>
  Object.entries(matrix.controls).flatMap(([name, control]) =>
    ends(control).map((value) => ({ ...initial(matrix), [name]: value })),
  );

describe.each(Object.entries<Matrix>(matrices))("the matrix of %s", (_, matrix) => {
  it("is causal, and its colours reach as far as its values", () => {
    const { numTokens, values, most, facts } = matrix.draw(initial(matrix));
    for (let i = 0; i < numTokens; i++)
      for (let j = 0; j < numTokens; j++) expect(Number.isNaN(values[i * numTokens + j])).toBe(j > i);
    expect(values.filter((value) => value > most || value < 0)).toHaveLength(0);
    expect(facts.length).toBeGreaterThan(0);
  });

  it("draws every number that can be set, or says in words why not", () => {
    for (const settings of variants(matrix)) {
      let problem = "";
      try {
        const { values, numTokens, say } = matrix.draw(settings);
        expect(values).toHaveLength(numTokens ** 2);
        expect(say(values[0]!, 0, 0)).toMatch(/\w/);
      } catch (error) {
        problem = String(error);
      }
      expect(problem).toMatch(/^(RangeError: \w+: \w+ must be .+ got .+)?$/);
    }
  });
});

it("a matrix has the numbers of the formulas", () => {
  const { positions, parts, attention, rotation } = matrices as Readonly<Record<string, Matrix>>;
  const draw = (matrix: Matrix, settings: Settings) => matrix.draw({ ...initial(matrix), ...settings });
  const [G, W] = [4, 8];
  const selfExtend = draw(positions!, { method: "self-extend", group: G, window: W, tokens: 40 });
  const banded = draw(parts!, { method: "self-extend", group: G, window: W, tokens: 40 });
  for (let i = 0; i < 40; i++)
    for (let j = 0; j <= i; j++) {
      const far = Math.floor(i / G) - Math.floor(j / G) + W - Math.floor(W / G);
      expect(selfExtend.values[i * 40 + j]).toBe(i - j < W ? i - j : far);
      expect(banded.values[i * 40 + j]).toBe(i - j < W ? 0 : 1);
    }
  expect(banded.facts).toEqual([
    ["near", "292 pairs"],
    ["far", "528 pairs"],
  ]);

  const { values } = draw(attention!, { scaling: "log-n", tokens: 32 });
  for (let i = 0; i < 32; i++)
    expect(values.subarray(i * 32, i * 32 + i + 1).reduce((sum, root) => sum + root ** 2, 0)).toBeCloseTo(1, 12);

  const turned = draw(rotation!, { scaling: "linear", factor: 2, dims: 8, tokens: 16 });
  const mean = [0, 1, 2, 3].reduce((sum, k) => sum + Math.cos(3 * (10_000 ** (-k / 4) / 2)), 0) / 4;
  expect(turned.values[5 * 16 + 2]).toBeCloseTo(mean, 12);
});

describe("an address", () => {
  it.each([
    ["README.md", "packages/rope", "/packages/rope"],
    ["docs/guide/node.md", "../../packages/backend-node/README.md#no-telemetry", "/packages/backend-node#no-telemetry"],
    ["docs/guide/node.md", "browser.md", "/guide/browser"],
    ["docs/design.md", "decisions", "/decisions/"],
    ["docs/primitives/rope.md", "../index.md", "/"],
    ["packages/rope/README.md", "../../docs/performance.md#on-a-gpu", "/performance#on-a-gpu"],
    ["apps/cli/README.md", "../../apps/cli#finetune", "/packages/cli#finetune"],
    ["docs/extending/mapping.md", "../../examples/README.md#four-lines", "/examples#four-lines"],
    [
      "docs/design.md",
      "../tooling/checks/src/house.ts",
      "https://github.com/ropewalk/ropewalk/blob/main/tooling/checks/src/house.ts",
    ],
    [
      "examples/README.md",
      "my-mapping/my-mapping.ts",
      "https://github.com/ropewalk/ropewalk/blob/main/examples/my-mapping/my-mapping.ts",
    ],
    [
      "docs/design.md",
      "../packages/decoder/src",
      "https://github.com/ropewalk/ropewalk/tree/main/packages/decoder/src",
    ],
    ["docs/design.md", "https://example.org/x.md", "https://example.org/x.md"],
    ["docs/design.md", "#here", "#here"],
  ])("of %s to %s is the site's", (file, target, address) => {
    expect(siteAddress(file, target)).toBe(address);
  });
});

it("every page is in the sidebar, and nothing else", () => {
  type Item = { readonly link?: string; readonly items?: readonly Item[] };
  const links = ({ link, items = [] }: Item): readonly string[] => [
    ...(link === undefined ? [] : [link]),
    ...items.flatMap(links),
  ];
  const pages = globSync("docs/{*,{guide,primitives,extending,decisions}/*}.md")
    .map((file) =>
      file
        .replaceAll("\\", "/")
        .slice("docs".length)
        .replace(/(?:(?<=\/)index)?\.md$/, ""),
    )
    .filter((page) => page !== "/" && !page.includes("["));
  expect(sidebar["/"]!.flatMap(links).toSorted()).toEqual([...pages, "/examples", "/contributing"].toSorted());
  const readmes = [...globSync("packages/*"), ...globSync("apps/*")].filter((folder) =>
    existsSync(`${folder}/README.md`),
  );
  expect(sidebar["/packages/"]!.flatMap(links).toSorted()).toEqual(
    readmes.map((folder) => `/packages/${folder.split("/").at(-1)}`).toSorted(),
  );
});

it("every live matrix and figure of a page is one that there is", () => {
  const asked = globSync("docs/**/*.md", { exclude: ["docs/api/**", "docs/node_modules/**"] }).flatMap((file) => [
    ...readFileSync(file, "utf8").matchAll(/<(LiveMatrix|Figure) of="([\w-]+)"/g),
  ]);
  const figures = readFileSync("docs/.vitepress/figures.data.ts", "utf8");
  expect(asked.length).toBeGreaterThan(8);
  for (const [, kind, name] of asked)
    if (kind === "LiveMatrix") expect(Object.keys(matrices)).toContain(name);
    else expect(figures).toMatch(new RegExp(`\\bfigures = \\{[^}]*\\b${name}\\b`));
});

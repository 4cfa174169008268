/** What stands beside the pages: the guide, every package, every entry of the API. */
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { DefaultTheme } from "vitepress";
import { root } from "./addresses.ts";

const titleOf = (file: string): string => /^# (.+)$/m.exec(readFileSync(file, "utf8"))?.[1] ?? basename(file, ".md");

const page = (text: string, link: string): DefaultTheme.SidebarItem => ({ text, link });

const guide: DefaultTheme.SidebarItem[] = [
  {
    text: "Guide",
    items: [
      page("Getting started", "/guide/getting-started"),
      page("In Node", "/guide/node"),
      page("In a browser", "/guide/browser"),
      page("In transformers.js", "/guide/transformers-js"),
      page("Choosing a group size and a window", "/guide/choosing"),
      page("Generating", "/guide/generating"),
      page("Read once, ask often", "/guide/prefixes"),
      page("Conversations", "/guide/conversations"),
      page("In a worker", "/guide/workers"),
      page("Options of generation", "/guide/generation-options"),
      page("How generation works", "/guide/how-generation-works"),
      page("Keys and tasks", "/guide/keys-and-tasks"),
      page("Losses and entropies", "/guide/losses-and-entropies"),
      page("Answers and exams", "/guide/answers-and-exams"),
      page("Command: measuring a model", "/guide/command-measuring"),
      page("Command: tasks and exams", "/guide/command-exams"),
      page("Command: text and conversations", "/guide/command-text"),
      page("Command: models and folders", "/guide/command-models"),
      page("Command: tuning", "/guide/command-finetune"),
      page("Examples", "/examples"),
    ],
  },
  {
    text: "Primitives",
    items: [
      page("Rope", "/primitives/rope"),
      page("Position mapping", "/primitives/position-mapping"),
      page("Attention merge", "/primitives/attention-merge"),
      page("Entropy scaling", "/primitives/entropy-scaling"),
    ],
  },
  {
    text: "Add your own",
    items: [
      page("A position mapping", "/extending/mapping"),
      page("A model family", "/extending/family"),
      page("A backend", "/extending/backend"),
    ],
  },
  {
    text: "What it does",
    items: [
      page("Performance", "/performance"),
      page("Quality", "/quality"),
      page("Scaling", "/scaling"),
      page("Tuning", "/tuning"),
      page("Sweeps", "/sweeps"),
    ],
  },
  {
    text: "How it is built",
    items: [
      page("The house", "/design"),
      page("Glossary", "/glossary"),
      page("Contributing", "/contributing"),
      page("Dependencies", "/dependencies"),
      {
        ...page("Decisions", "/decisions/"),
        collapsed: true,
        items: globSync(join(root, "docs/decisions/*-*.md"))
          .toSorted()
          .map((file) => page(titleOf(file), `/decisions/${basename(file, ".md")}`)),
      },
    ],
  },
];

/** By floor, as in the main README's table. */
const rooms = [
  ...readFileSync(join(root, "README.md"), "utf8").matchAll(/^\| \[`([\w-]+)`\]\((?:packages|apps)\/([\w-]+)\)/gm),
].map(([, name, folder]) => page(name!, `/packages/${folder}`));

/** Written by TypeDoc (`npm run api`); a site without it has no such pages. */
const api = (): DefaultTheme.SidebarItem[] =>
  globSync("@ropewalk/**/*.md", { cwd: join(root, "docs/api") })
    .map((file) => file.replaceAll("\\", "/").replace(/\.md$/, ""))
    .toSorted()
    .map((entry) => page(entry.replace("@ropewalk/", ""), `/api/${entry}`));

export const sidebar: Readonly<Record<string, DefaultTheme.SidebarItem[]>> = {
  "/packages/": [{ text: "Packages", items: rooms }],
  "/api/": [{ text: "API", items: api() }],
  "/": guide,
};

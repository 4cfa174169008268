import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { defineConfig, type DefaultTheme } from "vitepress";
import { slug } from "../../tooling/checks/src/links.ts";
import { root, repository, siteAddress } from "./addresses.ts";

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
      page("Choosing G and W", "/guide/choosing"),
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
    items: [page("Performance", "/performance"), page("Tuning", "/tuning"), page("Sweeps", "/sweeps")],
  },
  {
    text: "How it is built",
    items: [
      page("The house", "/design"),
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

export default defineConfig({
  lang: "en",
  title: "Ropewalk",
  description: "A longer context for any RoPE language model, from TypeScript, without retraining",
  cleanUrls: false,
  lastUpdated: false,
  srcExclude: ["node_modules/**"],
  head: [
    ["link", { rel: "icon", href: "/logo.svg", type: "image/svg+xml" }],
    ["meta", { name: "theme-color", content: "#0072b2" }],
  ],
  markdown: {
    anchor: { slugify: slug },
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    config: (md) => {
      md.core.ruler.push("addresses", ({ tokens, env }) => {
        const file = `docs/${(env as { readonly relativePath?: string }).relativePath ?? ""}`;
        for (const token of tokens.flatMap(({ children }) => children ?? []))
          if (token.type === "link_open") token.attrSet("href", siteAddress(file, token.attrGet("href")!));
      });
    },
  },
  vite: {
    resolve: { conditions: ["@ropewalk/source", "browser", "module", "import", "default"] },
    ssr: {
      resolve: { conditions: ["@ropewalk/source", "node", "import", "module", "default"] },
      noExternal: [/^@ropewalk\//],
    },
    build: { chunkSizeWarningLimit: 2000 },
  },
  themeConfig: {
    logo: "/logo.svg",
    nav: [
      { text: "Guide", link: "/guide/getting-started", activeMatch: "^/(guide|examples)" },
      { text: "Primitives", link: "/primitives/position-mapping", activeMatch: "^/primitives" },
      { text: "Packages", link: "/packages/context-extension", activeMatch: "^/packages" },
      { text: "API", link: "/api/", activeMatch: "^/api" },
    ],
    sidebar: {
      "/packages/": [{ text: "Packages", items: rooms }],
      "/api/": [{ text: "API", items: api() }],
      "/": guide,
    },
    outline: { level: [2, 3] },
    search: { provider: "local" },
    socialLinks: [{ icon: "github", link: repository }],
    footer: { message: "Under the MIT licence. Nothing on this site is fetched from anywhere else." },
  },
});

import { defineConfig } from "vitepress";
import { slug } from "../../tooling/checks/src/links.ts";
import { repository, siteAddress } from "./addresses.ts";
import { withPolicy } from "./policy.ts";
import { sidebar } from "./sidebar.ts";

export default defineConfig({
  lang: "en",
  title: "Ropewalk",
  description: "A longer context for any RoPE language model, from TypeScript, without retraining",
  // Where it is true, the switch writes an element of style into the page, which the policy refuses.
  appearance: { disableTransition: false },
  cleanUrls: false,
  lastUpdated: false,
  srcExclude: ["node_modules/**"],
  head: [
    ["link", { rel: "icon", href: "/logo.svg", type: "image/svg+xml" }],
    ["meta", { name: "theme-color", content: "#0072b2" }],
  ],
  transformHtml: withPolicy,
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
    sidebar,
    outline: { level: [2, 3] },
    search: { provider: "local" },
    socialLinks: [{ icon: "github", link: repository }],
    footer: { message: "Under the MIT licence. Nothing on this site is fetched from anywhere else." },
  },
});

/** What stands at the repository's root. */
import { pagesOf, type Page } from "./.vitepress/elsewhere.ts";

export default {
  watch: ["../examples/README.md", "../CONTRIBUTING.md"],
  paths: (): Page[] =>
    pagesOf([
      { pattern: "examples/README.md", name: () => "examples" },
      { pattern: "CONTRIBUTING.md", name: () => "contributing" },
    ]),
};

/** Every package's README as a page. */
import { basename, dirname } from "node:path";
import { pagesOf, type Page } from "../.vitepress/elsewhere.ts";

const name = (file: string): string => basename(dirname(file));

export default {
  watch: ["../../packages/*/README.md", "../../apps/*/README.md"],
  paths: (): Page[] =>
    pagesOf([
      { pattern: "packages/*/README.md", name },
      { pattern: "apps/*/README.md", name },
    ]),
};

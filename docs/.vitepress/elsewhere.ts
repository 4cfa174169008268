/** Markdown of the repository that is shown on the site and lies elsewhere, as what a dynamic route is made of. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { moved, root } from "./addresses.ts";

export type Page = { readonly params: { readonly name: string }; readonly content: string };

export type Shown = { readonly pattern: string; readonly name: (file: string) => string };

export const pagesOf = (shown: readonly Shown[]): Page[] =>
  shown.flatMap(({ pattern, name }) =>
    globSync(pattern, { cwd: root })
      .map((file) => file.replaceAll("\\", "/"))
      .toSorted()
      .map((file) => ({ params: { name: name(file) }, content: moved(file, readFileSync(join(root, file), "utf8")) })),
  );

/** The decisions, newest first. */
import { createContentLoader } from "vitepress";

export type Decision = { readonly url: string; readonly title: string };

export declare const data: readonly Decision[];

export default createContentLoader("decisions/2*.md", {
  includeSrc: true,
  transform: (pages): Decision[] =>
    pages
      .map(({ url, src }) => ({ url: `.${url.slice("/decisions".length)}`, title: /^# (.+)$/m.exec(src!)![1]! }))
      .toReversed(),
});

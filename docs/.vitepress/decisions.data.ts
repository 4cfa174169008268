/** The decisions, newest first, as their pages state them. */
import { createContentLoader } from "vitepress";

export type Decision = {
  readonly url: string;
  readonly title: string;
  readonly date: string;
  /** `accepted`, or which later decision changed it. */
  readonly status: string;
  /** The later decision's page, where there is one. */
  readonly later?: string;
};

export declare const data: readonly Decision[];

/** YAML reads a bare date as a Date. */
const dayOf = (date: unknown): string => (date instanceof Date ? date.toISOString().slice(0, 10) : String(date));

export default createContentLoader("decisions/2*.md", {
  includeSrc: true,
  transform: (pages): Decision[] =>
    pages
      .map(({ url, src, frontmatter }) => {
        const stated = String(frontmatter["status"]);
        const [, status = stated, later] = /^(\w+ by) (\S+)$/.exec(stated) ?? [];
        return {
          url: `.${url.slice("/decisions".length)}`,
          title: /^# (.+)$/m.exec(src!)![1]!,
          date: dayOf(frontmatter["date"]),
          status,
          ...(later !== undefined && { later }),
        };
      })
      .toReversed(),
});

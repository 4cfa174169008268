/**
 * Where what the Markdown links to stands on the site. Pages are written for the repository, with paths relative to the file; what the
 * site has no page of (sources, folders, the main README) leads to the repository's own.
 */
import { existsSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("../../", import.meta.url));
export const repository = "https://github.com/ropewalk/ropewalk";

const isFolder = (path: string): boolean => existsSync(join(root, path)) && statSync(join(root, path)).isDirectory();

/** A path from the repository's root as an address of the site, or of the repository. */
const addressOf = (path: string): string => {
  const room = /^(?:packages|apps)\/([\w-]+)(?:\/README\.md)?$/.exec(path)?.[1];
  if (room !== undefined) return `/packages/${room}`;
  if (/^examples(?:\/README\.md)?$/.test(path)) return "/examples";
  if (path === "CONTRIBUTING.md") return "/contributing";
  if (path === "docs/decisions") return "/decisions/";
  if (/^docs\/.*\.md$/.test(path)) return path.slice("docs".length).replace(/(?:index)?\.md$/, "");
  return `${repository}/${isFolder(path) ? "tree" : "blob"}/main/${path}`;
};

/** @param file - that has the link, from the repository's root */
export const siteAddress = (file: string, target: string): string => {
  if (/^(?:[a-z][a-z+.-]*:|#|\/)/i.test(target)) return target;
  const [path = "", anchor] = target.split("#");
  const address = addressOf(normalize(join(dirname(file), path)).replace(/\/$/, ""));
  return anchor === undefined ? address : `${address}#${anchor}`;
};

/** The same in Markdown that is shown elsewhere than where it lies; code blocks stay. */
export const moved = (file: string, markdown: string): string =>
  markdown
    .split(/(^```[\s\S]*?^```$)/m)
    .map((part) =>
      part.startsWith("```")
        ? part
        : part.replace(
            /(!?)\]\(([^)\s]+)\)/g,
            (_, picture: string, target: string) => `${picture}](${siteAddress(file, target)})`,
          ),
    )
    .join("");

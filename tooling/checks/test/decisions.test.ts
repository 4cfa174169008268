/** Each decision states its date and its status; a status names a decision that is there and is no older, and what holds names what is there. */
import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  encoding: "utf8",
}).split("\n");
const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Readonly<Record<string, string>> };

const names = globSync("docs/decisions/2*.md").map((path) => basename(path, ".md"));

describe.each(names)("%s", (name) => {
  const text = readFileSync(`docs/decisions/${name}.md`, "utf8");
  const [, status = "", date = ""] = /^---\nstatus: (.+)\ndate: (.+)\n---\n\n# \S/.exec(text) ?? [];

  it("states the date that its name has", () => {
    expect(date).toBe(name.slice(0, "2026-11-21".length));
  });

  it("is accepted, or amended or superseded by a decision that is no older", () => {
    const [, later] = /^(?:amended|superseded) by (\S+)$/.exec(status) ?? [];
    if (later === undefined) expect(status).toBe("accepted");
    else {
      expect(names).toContain(later);
      expect(later.slice(0, date.length) >= date && later !== name).toBe(true);
    }
  });

  it("names files of code, folders and scripts that are there, unless it is amended or superseded", () => {
    if (status !== "accepted") return;
    // What had another name before stands in the first column of a table that says so.
    const now = text.replaceAll(/^\| was \|[\s\S]*?\n\n/gm, (table) => table.replaceAll(/^\|[^|]*\|/gm, ""));
    const named = [...now.matchAll(/`([^`\n]+)`/g)].map(([, each]) => each!);
    const missing = named.filter((each) => {
      if (/^[\w./-]+\.(?:ts|mts|js|mjs|py)$/.test(each)) return !files.some((file) => `/${file}`.endsWith(`/${each}`));
      if (/^(?:packages|apps|tooling)\/[\w/-]+$/.test(each)) return !files.some((file) => file.startsWith(each));
      const script = /^npm run ([\w:-]+)/.exec(each)?.[1];
      return script !== undefined && !Object.hasOwn(scripts, script);
    });
    expect(missing).toEqual([]);
  });
});

/** Each decision states its date and its status, and a status names a decision that is there and is no older. */
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";

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
});

/** What READMEs show, run by the Node that users have, in a folder with the packed packages and nothing of the repository. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { transformSync } from "esbuild";
import { describe, expect, inject, it } from "vitest";
import { printedLines, snippetsOf } from "../../checks/src/snippets.ts";
import { appIn } from "../src/app.ts";
import { published } from "../../packaging/src/published.ts";
import { userNode } from "../src/user-node.ts";

const run = promisify(execFile);
const app = appIn(inject("app"));
const env = { ...process.env, NODE_OPTIONS: "" };

describe.each(published)("$name", ({ name }) => {
  const installed = join(app.folder, "node_modules", name);

  it("has its licence", () => {
    expect(readFileSync(join(installed, "LICENSE"), "utf8")).toBe(readFileSync("LICENSE", "utf8"));
    expect(existsSync(join(installed, "README.md"))).toBe(true);
  });

  const snippets = snippetsOf(join(installed, "README.md")).filter(({ needsRepository }) => !needsRepository);
  for (const { line, code, printed } of snippets)
    it(`prints what its README says, line ${line}`, async () => {
      const script = app.write(
        `${name.split("/").at(-1)}-${line}.mjs`,
        transformSync(code, { loader: "ts", target: "es2022" }).code,
      );
      const { stdout } = await run(userNode, ["--no-warnings", script], { cwd: app.folder, env });
      expect(printedLines(stdout)).toEqual(printed);
    });
});

it("the command line says what it is", async () => {
  const { stdout } = await run(userNode, [join(app.folder, "node_modules/.bin/ropewalk"), "--help"], {
    cwd: app.folder,
    env,
  });
  expect(stdout).toMatch(/passkey/);
});

/** A model is data: with the engine forbidden to make code of texts, models load, templates run and text comes, with every dependency. */
import { execFile } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { scratch } from "../run.ts";

const without = (...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  new Promise((done) =>
    execFile(
      process.execPath,
      ["--disallow-code-generation-from-strings", "--conditions=@ropewalk/source", ...args],
      { cwd: scratch, env: { ...process.env, NO_COLOR: "1" } },
      (_, stdout, stderr) => done({ stdout, stderr }),
    ),
  );

const folder = join(scratch, "no-code");
cpSync(resolve("packages/tiny-models/stories260K"), folder, { recursive: true });
writeFileSync(join(folder, "chat_template.jinja"), "{% for message in messages %}{{ message.content }} {% endfor %}");

it("needs no code made of a text", async () => {
  const main = resolve("apps/cli/src/main.ts");
  const { stdout, stderr } = await without(
    main,
    "generate",
    folder,
    "Once",
    "--chat",
    "--max-new-tokens",
    "8",
    "--json",
  );
  expect(stderr).toBe("");
  expect((JSON.parse(stdout) as { readonly ids: readonly number[] }).ids).toHaveLength(8);
  // The engine does forbid it.
  expect((await without("--eval", "eval('1')")).stderr).toContain("Code generation from strings disallowed");
});

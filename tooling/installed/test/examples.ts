/** The examples, in the folder with the packed packages: what they print is what their README shows. */
import { execFile } from "node:child_process";
import { cpSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { writePasskeyExport } from "@ropewalk/testing/exports/passkey-export";
import { beforeAll, expect, inject, it } from "vitest";
import { printedLines } from "../../checks/src/snippets.ts";

const run = promisify(execFile);
const app = inject("app");
const examples = join(app, "examples");
cpSync("examples", examples, { recursive: true });

/** A command as the README shows it, and what it prints; "…" stands for the rest. */
const shown = [...readFileSync("examples/README.md", "utf8").matchAll(/^```\n\$ (.+)\n([\s\S]*?)^```$/gm)].map(
  ([, command, printed]) => ({ command: command!, printed: printedLines(printed!) }),
);

/** Where the file lies that a command names. */
const folderOf = (command: string): string => {
  const [, file] = /([\w-]+\.ts)\b/.exec(command)!;
  return dirname(join(examples, globSync(`{,*/}${file}`, { cwd: examples })[0]!));
};

// The export that some of them read.
beforeAll(() => writePasskeyExport(join(examples, "passkey-onnx")));

// By the Node of the repository, for one that reads no types is told of another way.
it.each(shown)("$command", async ({ command, printed }) => {
  const [program, ...args] = command
    .replace("npx ropewalk", `node ${join(app, "node_modules/.bin/ropewalk")}`)
    .split(" ");
  expect(program).toBe("node");
  const { stdout } = await run(process.execPath, args, {
    cwd: folderOf(command),
    env: {
      ...process.env,
      NODE_OPTIONS: "--disable-warning=ExperimentalWarning",
      NO_COLOR: "1",
      ORT_DISABLE_TELEMETRY: "1",
    },
  });
  const lines = printedLines(stdout);
  if (printed.at(-1) === "…") expect(lines.slice(0, printed.length - 1)).toEqual(printed.slice(0, -1));
  else expect(lines).toEqual(printed);
});

it("are all shown", () => {
  expect(shown.map(({ command }) => command)).toEqual([
    "node four-lines.ts",
    "node one-document.ts",
    "node a-primitive.ts",
    expect.stringContaining("passkey --method ./my-mapping.ts"),
    "node measure.ts",
    expect.stringContaining("passkey --method ./my-scalings.ts"),
    expect.stringContaining("ruler passkey-875k --tasks ./my-task.ts"),
    "node in-transformers-js.ts passkey-onnx",
    "node rewritten-export.ts passkey-onnx passkey-onnx-long",
    "node tune-then-extend.ts",
    "node in-langchain.ts",
  ]);
});

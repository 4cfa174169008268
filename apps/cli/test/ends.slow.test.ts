/** How a run ends: by a reader that has had enough, a full disk, a key; and what stays behind. */
import { spawn } from "node:child_process";
import { existsSync, openSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { onnxExports } from "@ropewalk/testing/vectors";
import { afterAll, describe, expect, it } from "vitest";
import { file, ropewalk, scratch } from "./run.ts";

afterAll(() => rmSync(scratch, { recursive: true }));

const main = ["--conditions=@ropewalk/source", resolve("apps/cli/src/main.ts")];
const options = { cwd: scratch, env: { ...process.env, NO_COLOR: "1" } };

type End = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs a command until its first results are there, then does something to it. */
const until = (args: readonly string[], meddle: (child: ReturnType<typeof spawn>) => void): Promise<End> =>
  new Promise((done) => {
    const child = spawn(process.execPath, [...main, ...args], { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stderr.on("data", (part: Buffer) => void (stderr += part.toString()));
    child.stdout.on("data", (part: Buffer) => {
      if (stdout === "") meddle(child);
      stdout += part.toString();
    });
    child.on("close", (code) => done({ code, stdout, stderr }));
  });

const story = ["generate", "stories260K", "Once upon a time", "--max-new-tokens", "5000", "--beyond-capacity"];
const text = file("text.txt", "Once upon a time, there was a little girl. ".repeat(20));
const short = ["perplexity", "stories260K", "--text", text, "--length", "32", "--windows", "1"];

describe("a closed pipe ends in silence", () => {
  const close = (child: ReturnType<typeof spawn>): void => void child.stdout!.destroy();

  it("while a text is streamed", async () => {
    const { code, stdout, stderr } = await until([...story, "--stop-tokens", "0"], close);
    expect({ code, stderr: stderr.replace(/^generate: beyond the capacity.*\n/, "") }).toEqual({ code: 0, stderr: "" });
    // It has ended there and not after 5,000 tokens.
    expect(stdout.length).toBeLessThan(5000);
  });

  it("when nobody reads the report, which leaves what was made", async () => {
    const exported = resolve(`${onnxExports}/genai-cpu-llama`);
    const output = join(scratch, "longer");
    const child = spawn(
      process.execPath,
      [...main, "extend", exported, "--length", "100", "--output", output],
      options,
    );
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (part: Buffer) => void (stderr += part.toString()));
    const code = await new Promise((done) => child.on("close", done));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(existsSync(join(output, "model.onnx"))).toBe(true);
  });
});

describe.skipIf(!existsSync("/dev/full"))("a full disk is told by the name of what could not be written", () => {
  it("where the results go", async () => {
    const full = openSync("/dev/full", "w");
    const child = spawn(process.execPath, [...main, "inspect", "stories260K"], {
      ...options,
      stdio: ["ignore", full, "pipe"],
    });
    let stderr = "";
    child.stderr!.on("data", (part: Buffer) => void (stderr += part.toString()));
    const code = await new Promise((done) => child.on("close", done));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "ropewalk: standard output must be writable, got ENOSPC: no space left on device, write\n",
    });
  });

  it.each([
    ["perplexity", short, /nats per token[^]*all/],
    ["perplexity in JSON", [...short, "--json"], /^\{"method":"none".*\}\n$/],
    [
      "passkey",
      ["passkey", "--method", "none", "--lengths", "128", "--depths", "1", "--trials", "1"],
      /1\/1[^]*side by side/,
    ],
    [
      "bench",
      ["bench", "stories260K", "--contexts", "16", "--steps", "1", "--rounds", "1", "--method", "none"],
      /decode tokens\/s[^]*Peak memory/,
    ],
  ])("where the picture goes, behind the results of %s", async (_, args, results) => {
    const { stdout, stderr, code } = await ropewalk(...args, "--svg", "/dev/full");
    expect(stdout).toMatch(results);
    expect(stdout).not.toContain("The same as");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "ropewalk: --svg: /dev/full must be a writable file, got ENOSPC: no space left on device, write\n",
    });
  });
});

describe("Ctrl-C", () => {
  it("ends a text with its line, says so in one, and leaves the status that shells expect", async () => {
    const { code, stdout, stderr } = await until([...story, "--stop-tokens", "0"], (child) => child.kill("SIGINT"));
    expect(code).toBe(130);
    expect(stdout).toMatch(/[^\n]\n$/);
    expect(stderr).toMatch(/^generate: beyond the capacity.*\nropewalk: generate: stopped\n$/);
  });
});

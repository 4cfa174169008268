/**
 * What commands leave on the disk when they are raced and killed. `ROUNDS=50 npm test -- apps/cli/test/disk` does it often enough
 * to meet every moment.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { hasEnded } from "@ropewalk/testing/has-ended";
import { layLargeCheckpoint } from "@ropewalk/testing/checkpoints/large-checkpoint";
import { onnxExports } from "@ropewalk/testing/vectors";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const rounds = Number(process.env["ROUNDS"] ?? 3);
const home = mkdtempSync(join(tmpdir(), "ropewalk-disk-"));
afterAll(() => rmSync(home, { recursive: true }));

type Ended = { readonly code: number | null; readonly signal: string | null; readonly stderr: string };

const start = (args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } => {
  const child = spawn(process.execPath, ["--conditions=@ropewalk/source", resolve("apps/cli/src/main.ts"), ...args], {
    cwd: home,
    env: { ...process.env, NO_COLOR: "1", TMPDIR: join(home, "tmp") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout!.resume();
  let stderr = "";
  child.stderr!.on("data", (text) => (stderr += String(text)));
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal, stderr }) as Ended);
  return { child, ended };
};

/** Every file of a folder with the hash of its content. */
const contentOf = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (readdirSync(folder, { recursive: true }) as string[])
      .filter((file) => statSync(join(folder, file)).isFile())
      .map((file) => [
        file,
        createHash("sha1")
          .update(readFileSync(join(folder, file)))
          .digest("hex"),
      ]),
  );

/** An export, with so many bytes of weights that copying them takes a moment, all of that value. */
const exported = (name: string, fill: number, bytes = 8e6): string => {
  const folder = join(home, name);
  cpSync(resolve(`${onnxExports}/genai-cpu-llama`), folder, { recursive: true });
  for (const file of ["", ...readdirSync(folder)]) chmodSync(join(folder, file), 0o755);
  const data = readFileSync(join(folder, "model.onnx_data"));
  writeFileSync(join(folder, "model.onnx_data"), Buffer.concat([data, Buffer.alloc(bytes, fill)]));
  writeFileSync(join(folder, "generation_config.json"), JSON.stringify({ eos_token_id: fill }));
  return folder;
};

const extending = (source: string, output: string) =>
  ["extend", source, "--length", "200", "--output", output] as const;

beforeAll(() => void mkdirSync(join(home, "tmp")));

describe("two extends into one folder", () => {
  it(
    "leave both sources as they were and one whole result, and one is told",
    { timeout: 60_000 * rounds },
    async () => {
      const sources = [exported("one", 1), exported("two", 2)];
      const before = sources.map(contentOf);
      for (const [index, source] of sources.entries())
        expect(await start(extending(source, join(home, `alone-${index}`))).ended).toMatchObject({ code: 0 });
      const alone = [0, 1].map((index) => contentOf(join(home, `alone-${index}`)));
      const output = join(home, "raced");
      for (let round = 0; round < rounds; round++) {
        if (round % 2 === 0) mkdirSync(output);
        const ends = await Promise.all(sources.map((source) => start(extending(source, output)).ended));
        expect(ends.map(({ code }) => code).toSorted()).toEqual([0, 1]);
        const winner = ends.findIndex(({ code }) => code === 0);
        expect(ends[1 - winner]!.stderr).toMatch(
          /^ropewalk: extendFolder: .*must be empty or absent|must be an empty folder/,
        );
        expect(contentOf(output)).toEqual(alone[winner]);
        expect(sources.map(contentOf)).toEqual(before);
        rmSync(output, { recursive: true });
      }
      expect(readdirSync(home).filter((name) => name.startsWith("."))).toEqual([]);
    },
  );
});

describe("a command that is killed leaves the folder that was there, the new one, or none:", () => {
  const commands = {
    extend: (output: string) => extending(exported("large", 3, 2e8), output),
    convert: (output: string) => [
      "convert",
      layLargeCheckpoint(join(home, "checkpoint")),
      "--quantize",
      "q4",
      "--output",
      output,
    ],
  };

  /** How long it writes about, in milliseconds. */
  const writing = { extend: 150, convert: 600 };

  it.each(Object.entries(commands))("%s", { timeout: 60_000 * rounds }, async (name, command) => {
    const output = join(home, "outputs", name);
    const args = command(output);
    const begun = performance.now();
    expect(await start(args).ended).toMatchObject({ code: 0 });
    const took = performance.now() - begun;
    const whole = contentOf(output);
    rmSync(join(home, "outputs"), { recursive: true });
    const seen = { none: 0, empty: 0, whole: 0, leftBehind: 0 };
    const written = (pid: number | undefined): readonly string[] =>
      existsSync(join(home, "outputs"))
        ? readdirSync(join(home, "outputs")).filter((file) => file.includes(`.${pid}.`))
        : [];
    for (let round = 0; round < rounds; round++) {
      const before = round % 2 === 0;
      if (before) mkdirSync(output, { recursive: true });
      const signal = (["SIGKILL", "SIGTERM", "SIGINT"] as const)[round % 3]!;
      const { child, ended } = start(args);
      // Half of them at any moment, and half while it writes.
      if (round % 4 < 2) await wait(took * (0.2 + 0.9 * Math.random()));
      else {
        while (written(child.pid).length === 0 && !hasEnded(child)) await wait(1);
        await wait(Math.random() * writing[name as keyof typeof commands]);
      }
      child.kill(signal);
      await ended;
      const found = existsSync(output) ? contentOf(output) : undefined;
      if (found === undefined) seen.none++;
      else if (Object.keys(found).length === 0) seen.empty++;
      else seen.whole++;
      if (found && Object.keys(found).length > 0) expect(found).toEqual(whole);
      if (before) expect(found).toBeDefined();
      // What a killed one leaves goes with the next run; one that is told to end leaves nothing.
      if (signal !== "SIGKILL") expect(written(child.pid)).toEqual([]);
      seen.leftBehind += written(child.pid).length;
      rmSync(output, { recursive: true, force: true });
    }
    if (process.env["ROUNDS"]) console.log(`${name}: ${JSON.stringify(seen)} of ${rounds} kills`);
    expect(await start(args).ended).toMatchObject({ code: 0 });
    expect(readdirSync(join(home, "outputs"))).toEqual([name]);
    rmSync(join(home, "outputs"), { recursive: true });
  });
});

describe("weights that are rounded at load", () => {
  const temporary = (): readonly string[] =>
    readdirSync(join(home, "tmp")).filter((name) => name.startsWith("ropewalk"));
  const begun = async (): Promise<void> => {
    while (temporary().length === 0) await wait(2);
  };
  const ids = join(home, "ids.json");
  const generate = (): readonly string[] => {
    writeFileSync(ids, "[1, 2, 3]");
    const model = layLargeCheckpoint(join(home, "checkpoint"));
    return [
      "generate",
      model,
      "--ids",
      ids,
      "--max-new-tokens",
      "200",
      "--stop-tokens",
      "0",
      "--quantize",
      "q4",
      "--json",
    ];
  };
  const passkey = ["passkey", "--method", "none", "--lengths", "512", "--trials", "50", "--workers", "2"];

  it.each([
    ["SIGTERM", "at once", 0],
    ["SIGTERM", "a while later", 1],
    ["SIGHUP", "in between", 0.3],
    ["SIGINT", "at once", 0],
    ["SIGINT", "a while later", 1],
  ] as const)("leave nothing behind on %s, %s", async (signal, _, share) => {
    const runs = [
      { args: generate(), later: 300 },
      { args: [...passkey, "--quantize", "q4", "--json"], later: 2000 },
    ];
    for (const { args, later } of runs) {
      const { child, ended } = start(args);
      await Promise.race([begun(), ended]);
      await wait(share * later);
      child.kill(signal);
      const { code, signal: by } = await ended;
      // Ctrl-C is heard, and ends a run in its own time.
      if (signal === "SIGINT") expect(by ?? code).not.toBe(0);
      else expect(by).toBe(signal);
      expect(temporary()).toEqual([]);
    }
  });

  it("are removed by the next run where one was killed", async () => {
    const { child, ended } = start(generate());
    await begun();
    child.kill("SIGKILL");
    await ended;
    expect(temporary()).toHaveLength(1);
    expect(await start(generate()).ended).toMatchObject({ code: 0 });
    expect(temporary()).toEqual([]);
  });
});

describe("a folder with more in it than a model", () => {
  it("is looked through by its own files alone: no link to a tree is walked, and no pipe is opened", async () => {
    const folder = exported("crowded", 4, 1000);
    symlinkSync("/", join(folder, "everything"));
    symlinkSync("..", join(folder, "above"));
    execFileSync("mkfifo", [join(folder, "pipe.onnx"), join(folder, "tokenizer.json"), join(folder, "task.json")]);
    const output = join(home, "uncrowded");
    const { code, stderr } = await start(extending(folder, output)).ended;
    expect(code).toBe(0);
    expect(stderr).toContain('"everything" is left out: it is a link to a folder');
    expect(stderr).toContain('"pipe.onnx" is left out: it is no file');
    expect(await start(["inspect", folder]).ended).toMatchObject({ code: 0 });
    const inside = { length: 10 };
    mkdirSync(join(home, ...Array.from(inside, () => "deep")), { recursive: true });
    expect((await start(extending(join(home, "deep"), join(home, "never"))).ended).stderr).toMatch(
      /^ropewalk: findExport: .*deep must be a model's own folder, .* 8 folders deep, got more\n$/,
    );
  });
});

/** The command as a person runs it: tuned, read again, interrupted, killed and gone on with, and what is wrong said in a line. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { file, ropewalk, scratch, type Outcome } from "../run.ts";

afterAll(() => rmSync(scratch, { recursive: true }));

const story = "Once upon a time, there was a little girl. She had a red ball and a big dog. ";
const text = file("stories.txt", Array.from({ length: 12 }, (_, at) => story.slice(at) + story).join("\n<end>\n"));
const chat = file("chat.jsonl", `${JSON.stringify({ prompt: "Who is Lily?", response: " A girl." })}\n{"text": "Tim`);
const mine = file(
  "mine.mjs",
  "export default { kind: 'custom', name: 'mine', window: 8, capacity: () => Infinity, remedy: () => '', " +
    "bands: [{ from: 0, to: 8, query: (i) => i, key: (j) => j }] };",
);
const place = (name: string): string => join(scratch, name);

const small = ["--length", "24", "--batch-size", "2", "--samples", "6", "--learning-rate", "1e-3", "--threads", "1"];
const tuning = (output: string, ...more: readonly string[]): readonly string[] => [
  "finetune",
  "stories260K",
  "--data",
  text,
  "--separator",
  "<end>",
  "--output",
  output,
  ...small,
  ...more,
];
const long = ["--recipe", "entropy-abf", "--steps", "30", "--save-every", "1", "--json"];

type Report = {
  readonly steps: readonly { readonly step: number; readonly loss: number }[];
  readonly resumedFrom: number;
};
const reportOf = ({ stdout }: Outcome): Report & Readonly<Record<string, unknown>> => JSON.parse(stdout);
const weights = (output: string): Buffer => readFileSync(join(output, "model.safetensors"));

const start = (args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Outcome> } => {
  const child = spawn(process.execPath, ["--conditions=@ropewalk/source", resolve("apps/cli/src/main.ts"), ...args], {
    cwd: scratch,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout!.on("data", (part: Buffer) => void (stdout += part.toString()));
  child.stderr!.on("data", (part: Buffer) => void (stderr += part.toString()));
  const ended = new Promise<Outcome>((done) => child.on("close", (code) => done({ code: code ?? -1, stdout, stderr })));
  return { child, ended };
};

/** Waits until a state is kept. */
const untilKept = async (states: string, step: number): Promise<void> => {
  for (let tries = 0; tries < 2000; tries++) {
    const kept = existsSync(states) ? readdirSync(states).filter((name) => /^step-\d+$/.test(name)) : [];
    if (kept.some((name) => Number(name.slice(5)) >= step)) return;
    await wait(10);
  }
  throw new Error(`no step ${step} in ${states}`);
};

describe("finetune", () => {
  let whole: Buffer;
  beforeAll(async () => {
    const { code, stderr } = await ropewalk(...tuning(place("whole"), ...long));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    whole = weights(place("whole"));
  }, 60_000);

  it("writes a model that runs under what it was tuned with, unless another is asked for", async () => {
    const inspected = await ropewalk("inspect", place("whole"), "--json");
    expect(JSON.parse(inspected.stdout)).toMatchObject({
      method: "its own extension",
      entropy: "entropy-abf",
      trainedContext: 512,
      tunedUnder: "entropy-abf",
    });
    // Beyond the trained window, where the logits are scaled.
    const losses = ["perplexity", place("whole"), "--text", text, "--length", "560", "--windows", "1", "--json"];
    const own = JSON.parse((await ropewalk(...losses)).stdout) as { loss: number };
    const asked = JSON.parse((await ropewalk(...losses, "--method", "entropy-abf")).stdout) as { loss: number };
    const none = await ropewalk(...losses, "--method", "none");
    expect(own.loss).toBe(asked.loss);
    expect((JSON.parse(none.stdout) as { loss: number }).loss).not.toBe(own.loss);
    expect(none.stderr).toMatch(/own extension is off \(entropy-abf\): none is in its place/);
  });

  it("tells of its steps in lines, in JSON and as a curve", async () => {
    const more = ["--steps", "3", "--evaluation", text, "--method", "linear", "--factor", "2"];
    const { stdout, code } = await ropewalk(...tuning(place("lines"), ...more, "--svg", "curve.svg"));
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /tuned under +plain, linear\(factor 2\)[^]*samples +6 of 24 tokens[^]*held out[^]*The losses as a curve: curve\.svg/,
    );
    // What the held-out text had before anything was learned.
    expect(stdout).toMatch(/│ +0 │ +- │ +\d\.\d{3} │ +- │ +- │\n│ +1 │ +\d/);
    const svg = readFileSync(place("curve.svg"), "utf8");
    expect(svg.match(/<circle class="loss"/g)).toHaveLength(3);
    expect(svg.match(/<circle class="held"/g)).toHaveLength(4);
    expect(JSON.parse(readFileSync(join(place("lines"), "config.json"), "utf8"))).toMatchObject({
      rope_scaling: { rope_type: "linear", factor: 2 },
    });
    const report = reportOf(await ropewalk(...tuning(place("json"), ...more, "--json")));
    expect(report).toMatchObject({ samples: 6, seed: 0, resumedFrom: 0, method: "linear" });
    expect(report.steps.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(weights(place("json"))).toEqual(weights(place("lines")));
    expect(existsSync(`${place("json")}.training`)).toBe(false);
  });

  it("keeps its last step when it is interrupted, and goes on to the weights of a run that was not", async () => {
    const output = place("interrupted");
    const states = `${output}.training`;
    const { child, ended } = start(tuning(output, ...long));
    await untilKept(states, 3);
    child.kill("SIGINT");
    const { code, stderr, stdout } = await ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(stderr).toMatch(
      /^finetune: step (\d+) of 30 is kept in .*interrupted\.training; --resume goes on from it\nropewalk: finetune: stopped\n$/,
    );
    expect(existsSync(output)).toBe(false);

    const again = await ropewalk(...tuning(output, ...long));
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(
      /holds step \d+ of a run that has not ended: go on with it by --resume, or remove the folder\n$/,
    );
    const other = await ropewalk(...tuning(output, ...long, "--resume", "--seed", "4"));
    expect(other.stderr).toMatch(/^ropewalk: readState: .*step-\d+ must be of a run with the same seed, 4, got "0"\n$/);
    const rest = await ropewalk(...tuning(output, ...long, "--resume"));
    expect(rest.code).toBe(0);
    expect(reportOf(rest).resumedFrom).toBeGreaterThanOrEqual(3);
    expect(weights(output).equals(whole)).toBe(true);
    expect(existsSync(states)).toBe(false);
  }, 60_000);

  const rounds = Number(process.env["ROUNDS"] ?? 2);
  it(
    "goes on after it was killed, at whatever moment",
    async () => {
      for (let round = 0; round < rounds; round++) {
        const output = place(`killed-${round}`);
        const states = `${output}.training`;
        const { child, ended } = start(tuning(output, ...long));
        // Up to the last one, behind which the model is written.
        await untilKept(states, Math.floor((30 * round) / rounds) + 1);
        await wait(Math.random() * 40);
        child.kill("SIGKILL");
        await ended;
        // It may have come to its end before, and even then states may be left, of which the next run is told.
        if (existsSync(output)) {
          rmSync(states, { recursive: true, force: true });
          expect(weights(output).equals(whole)).toBe(true);
          continue;
        }
        const rest = await ropewalk(...tuning(output, ...long, "--resume"));
        expect({ code: rest.code, stderr: rest.stderr }).toEqual({ code: 0, stderr: "" });
        expect(weights(output).equals(whole)).toBe(true);
        expect(readdirSync(scratch).filter((name) => name.startsWith(`killed-${round}`))).toEqual([`killed-${round}`]);
      }
    },
    60_000 + 30_000 * rounds,
  );

  it("begins anew after it was killed before a step was kept", async () => {
    const output = place("early");
    const { child, ended } = start(tuning(output, ...long));
    await wait(200 + Math.random() * 500);
    child.kill("SIGKILL");
    await ended;
    const kept =
      existsSync(`${output}.training`) && readdirSync(`${output}.training`).some((name) => name.startsWith("step"));
    const rest = await ropewalk(...tuning(output, ...long, ...(kept ? ["--resume"] : [])));
    expect({ code: rest.code, stderr: rest.stderr }).toEqual({ code: 0, stderr: "" });
    expect(weights(output).equals(whole)).toBe(true);
    expect(readdirSync(scratch).filter((name) => name.startsWith("early"))).toEqual(["early"]);
  }, 60_000);

  it("is tried on the passkey task in its own language, under what it was tuned with", async () => {
    const output = place("keys");
    const prompt = "the grass is green . ".repeat(8);
    const task = JSON.parse(readFileSync(resolve("packages/tiny-models/passkey-875k/task.json"), "utf8")) as Readonly<
      Record<string, unknown>
    >;
    expect(Object.keys(task).length).toBeGreaterThan(0);
    const data = file("keys.txt", prompt);
    const args = ["--data", data, "--length", "16", "--steps", "1", "--batch-size", "1", "--recipe", "entropy-abf"];
    const tuned = await ropewalk("finetune", "passkey-875k", ...args, "--output", output, "--json");
    expect({ code: tuned.code, stderr: tuned.stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(readFileSync(join(output, "task.json"), "utf8"))).toEqual(task);
    const tries = ["--lengths", "128", "--depths", "1", "--trials", "1", "--json"];
    const { stdout, stderr } = await ropewalk("passkey", output, ...tries);
    expect(stderr).toBe("");
    const { cells } = JSON.parse(stdout) as { readonly cells: readonly { readonly method: string }[] };
    expect(cells.map(({ method }) => method)).toEqual(["its own extension"]);
  });

  it("stops at a loss that is no number, by its step, and keeps the last that was", async () => {
    const output = place("broken");
    const { code, stderr, stdout } = await ropewalk(...tuning(output, "--steps", "4", "--learning-rate", "1e30"));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      /^finetune: step 1 of 4 is kept in .*broken\.training; .*\nropewalk: train: the (loss|gradients) of step 2 must be .*, got (NaN|-?Infinity)\n$/,
    );
    expect(readdirSync(`${output}.training`)).toEqual(["step-1"]);
  });

  const taken = place("taken");
  mkdirSync(taken);
  writeFileSync(join(taken, "a.txt"), "a");
  it.each<[string, readonly string[], RegExp]>([
    [
      "a line that is no JSON",
      ["--data", chat, "--output", place("no")],
      /^ropewalk: readData: .*chat\.jsonl: line 2 must be JSON, got "\{\\"text\\": \\"Tim"\n$/,
    ],
    [
      "a file that is not there",
      ["--data", "none.txt", "--output", place("no")],
      /--data: none\.txt must be a readable file, got ENOENT/,
    ],
    [
      "a folder that is taken",
      ["--data", text, "--output", taken],
      /--output must be a folder that is empty or not there yet, got .*taken, with 1 files/,
    ],
    [
      "a recipe and a method",
      ["--data", text, "--output", place("no"), "--recipe", "yarn", "--method", "linear"],
      /--recipe yarn has an extension of its own/,
    ],
    [
      "positions that no file can hold",
      ["--data", text, "--output", place("no"), "--method", mine],
      /finetune: the extension must be one that a file can hold, .*mine\.mjs: mine, whose functions its module alone has$/m,
    ],
    [
      "an unknown recipe",
      ["--data", text, "--output", place("no"), "--recipe", "entropy"],
      /Allowed choices are entropy-abf, abf, position-interpolation, ntk-by-parts, yarn/,
    ],
    [
      "more samples than there are",
      ["--data", text, "--output", place("no"), "--samples", "9000"],
      /--samples must be at most those of .*stories\.txt, \d+, got 9000/,
    ],
    [
      "nothing to go on with",
      ["--data", text, "--output", place("no"), "--resume"],
      /--resume needs a step of a run in .*no\.training, got none/,
    ],
    [
      "a rate of nothing",
      ["--data", text, "--output", place("no"), "--learning-rate", "0"],
      /learningRate must be finite and > 0, got 0/,
    ],
    [
      "steps of nothing",
      ["--data", text, "--output", place("no"), "--steps", "0"],
      /--steps must be a positive integer, got 0/,
    ],
    [
      "no evaluation to look at",
      ["--data", text, "--output", place("no"), "--evaluation-every", "2"],
      /--evaluation-every is read beside --evaluation alone, got 2/,
    ],
    ["rounded weights", ["--data", text, "--output", place("no"), "--quantize", "q4"], /unknown option '--quantize'/],
  ])("refuses %s", async (_, args, message) => {
    const { code, stderr, stdout } = await ropewalk("finetune", "stories260K", ...small.slice(0, 4), ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(message);
    expect(existsSync(place("no"))).toBe(false);
    expect(existsSync(`${place("no")}.training`)).toBe(false);
  });
});

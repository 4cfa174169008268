/** Files that are written to the disk for transformers.js, and their removal when a process ends. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writePasskeyExport } from "@ropewalk/testing/exports/passkey-export";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { fileCache, workspace } from "../src/disk/node-disk.ts";

const models = mkdtempSync(join(tmpdir(), "models of transformers "));
let home = "";
beforeAll(() => writePasskeyExport(join(models, "passkey")));
afterAll(() => rmSync(models, { recursive: true }));
beforeEach(() => void (home = mkdtempSync(join(tmpdir(), "disk of transformers "))));
afterEach(() => rmSync(home, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const original = (name: string, text: string): string => {
  mkdirSync(join(home, "original"), { recursive: true });
  writeFileSync(join(home, "original", name), text);
  return join(home, "original", name);
};
const read = (path: string): string => readFileSync(path, "utf8");

describe("a workspace", () => {
  it("has a model beside its data, and takes away what it made, folders too", async () => {
    const work = workspace(join(home, "work", "in"));
    const model = original("model.onnx", "old");
    const data = original("model.onnx_data", "weights");
    const path = await work.writeModel(model, bytes("new"), ["model.onnx_data"]);
    expect([read(path), read(`${path}_data`), read(model)]).toEqual(["new", "weights", "old"]);
    await work.addData(data);
    // A second time, as after a failure.
    expect(await work.writeModel(model, bytes("newer"), ["model.onnx_data"])).toBe(path);
    expect(read(path)).toBe("newer");
    await work.remove();
    expect(readdirSync(home)).toEqual(["original"]);
    expect(statSync(data).nlink).toBe(1);
  });

  it("never writes to an original, whatever a model calls its data", async () => {
    const work = workspace(join(home, "work"));
    const model = original("model.onnx", "the source's");
    const path = await work.writeModel(model, bytes("new"), ["model.onnx"]);
    expect([read(path), read(model)]).toEqual(["new", "the source's"]);
    // A file that exists in the workspace is not written to either.
    const other = workspace(join(home, "work"));
    const placed = await other.writeModel(model, bytes("new"), []);
    writeFileSync(`${placed}_data`, "in the way");
    await expect(other.addData(original("model.onnx_data", "weights"))).rejects.toThrow("EEXIST");
    expect(read(`${placed}_data`)).toBe("in the way");
    await Promise.all([work.remove(), other.remove()]);
  });
});

describe("a file that is downloaded into the cache", () => {
  it("has its name when it is complete, and leaves nothing when it breaks off", async () => {
    const cache = fileCache(join(home, "cache"), (request) => `m/${request}`);
    const broken = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes("begin")),
      pull: (controller) => controller.error(new Error("the line is down")),
    });
    await expect(cache.put("a.onnx", new Response(broken))).rejects.toThrow("the line is down");
    expect(readdirSync(home)).toEqual([]);
    await cache.put("a.onnx", new Response("whole"));
    expect(readdirSync(join(home, "cache"), { recursive: true })).toEqual(["m", "m/a.onnx"]);
    expect(await cache.delete!("a.onnx")).toBe(true);
    expect(await cache.match("a.onnx")).toBeUndefined();
  });
});

describe("a process of transformers.js", () => {
  const script = fileURLToPath(new URL("end-process.ts", import.meta.url));
  const run = async (end: string) => {
    const args = ["--conditions=@ropewalk/source", script, models, join(home, "work"), end];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    await Promise.race([once(child.stdout, "data"), ended]);
    const meanwhile = readdirSync(join(home, "work"));
    return { child, ended, meanwhile };
  };

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("leaves nothing on %s", async (signal) => {
    const { child, ended, meanwhile } = await run("wait");
    expect(meanwhile).toHaveLength(1);
    child.kill(signal);
    expect(await ended).toEqual([null, signal]);
    expect(readdirSync(home)).toEqual([]);
  });

  it("leaves nothing when it ends without undoing", async () => {
    const { ended } = await run("end");
    expect(await ended).toEqual([0, null]);
    expect(readdirSync(home)).toEqual([]);
  });

  it("that is killed leaves files, which the next process removes", async () => {
    const { child, ended } = await run("wait");
    child.kill("SIGKILL");
    await ended;
    expect(readdirSync(join(home, "work"))).toHaveLength(1);
    expect(await (await run("end")).ended).toEqual([0, null]);
    expect(readdirSync(join(home, "work"))).toEqual([]);
  });
});

import { float32 } from "@ropewalk/backend";
import { encode, tape } from "@ropewalk/graph";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { describe, expect, it, vi } from "vitest";
import { cpu } from "../src/index.ts";

const graphOver = (location: string): Uint8Array => {
  const graph = tape();
  const weight = graph.external("weight", "float32", [3], { location, offset: 8, length: 12 });
  graph.output("out", graph.op("Add", [graph.input("x", "float32", [3]), weight]));
  return encode(graph.model());
};

describe("cpu", () => {
  it("maps weights from a file, at any offset", async () => {
    const folder = scratchFolder();
    await writeFile(join(folder, "weights.bin"), new Uint8Array(Float32Array.of(0, 0, 1, 2, 3).buffer));
    const session = await cpu().createSession(graphOver("weights.bin"), [
      { kind: "path", folder, file: "weights.bin" },
    ]);
    const { out } = await session.run({ x: float32([3], Float32Array.of(10, 20, 30)) }, { read: ["out"] });
    expect(out).toMatchObject({ place: "host", data: Float32Array.of(11, 22, 33) });
    await session.release();
    await rm(folder, { recursive: true });
  });

  it("says what is wrong with external files", async () => {
    const missing = cpu().createSession(graphOver("nowhere.bin"), [
      { kind: "path", folder: tmpdir(), file: "nowhere.bin" },
    ]);
    await expect(missing).rejects.toThrow(/^cpu: the graph could not be loaded: .*nowhere\.bin/);
    const two = ["/a", "/b"].map((folder) => ({ kind: "path" as const, folder, file: "w" }));
    await expect(cpu().createSession(graphOver("w"), two)).rejects.toThrow(
      "cpu: external files must lie in one folder, got /a and /b",
    );
  });

  it("says why it is not available where the runtime cannot be loaded", async () => {
    expect(await cpu().unavailable()).toBeUndefined();
    vi.doMock("onnxruntime-node", () => {
      throw new Error("no binary for this platform");
    });
    vi.resetModules();
    const { cpu: elsewhere } = await import("../src/index.ts");
    expect(await elsewhere().unavailable()).toMatch(/^onnxruntime-node cannot be loaded: .+/);
    vi.doUnmock("onnxruntime-node");
    vi.resetModules();
  });

  it("refuses threads that are no number of threads", () => {
    expect(() => cpu({ threads: 0 })).toThrow("cpu: threads must be a positive integer, got 0");
    expect(() => cpu({ threads: 1.5 })).toThrow("cpu: threads must be a positive integer, got 1.5");
  });

  it("refuses a tensor of another backend", async () => {
    const graph = tape();
    graph.output("out", graph.op("Neg", [graph.input("x", "float32", [3])]));
    const session = await cpu().createSession(encode(graph.model()));
    const device = { place: "device", type: "float32", dims: [3], handle: undefined } as const;
    await expect(session.run({ x: device }, { read: ["out"] })).rejects.toThrow(
      "cpu: a tensor must be on the host, got one of dims [3]",
    );
    await session.release();
  });
});

/** The suite must be able to fail: a backend that is wrong in one way must not pass the case for it. */
import { cpu } from "@ropewalk/backend-node";
import { describe, expect, it } from "vitest";
import { conformanceCases } from "../src/conformance.ts";
import { hostBuffer } from "../src/host.ts";
import type { Backend, HostTensor } from "../src/index.ts";

const right = cpu({ threads: 1 });

const withOutputs = (change: (data: Float32Array) => void): Backend => ({
  ...right,
  createSession: async (...given) => {
    const session = await right.createSession(...given);
    return {
      ...session,
      run: async (...feeds) => {
        const results = await session.run(...feeds);
        for (const tensor of Object.values(results)) change((tensor as HostTensor).data as Float32Array);
        return results;
      },
    };
  },
});

const graphs = conformanceCases.filter(({ name }) => /attention|rotation|norm/.test(name));

describe("the conformance suite", () => {
  it("has attention, rotation and the blocks at 64 tokens and more", () => {
    expect(graphs.length).toBeGreaterThanOrEqual(8);
  });

  it.each(graphs)("notices one wrong number in: $name", async ({ run }) => {
    await expect(run(withOutputs((data) => (data[data.length - 1]! += 5e-3)))).rejects.toThrow(/must be .* within/);
  });

  it.each(graphs)("notices NaN in: $name", async ({ run }) => {
    await expect(run(withOutputs((data) => (data[0] = Number.NaN)))).rejects.toThrow(/got NaN/);
  });

  it("notices a buffer that ignores where it is written", async () => {
    const careless: Backend = {
      ...right,
      allocate: (length) => {
        const buffer = hostBuffer(length);
        return { ...buffer, move: () => undefined };
      },
    };
    const buffers = conformanceCases.find(({ name }) => name.startsWith("buffers"))!;
    await expect(buffers.run(careless)).rejects.toThrow();
  });
});

/** Checks of everything that the backend refuses, in a browser and in Node. */
import { firstAvailable, float32 } from "@ropewalk/backend";
import { hostBuffer } from "@ropewalk/backend/host";
import { decoderGraph, extendDecoder } from "@ropewalk/decoder";
import { loadModel } from "@ropewalk/generation";
import { encode, tape } from "@ropewalk/graph";
import { holdCheckpoint, loadCheckpoint } from "@ropewalk/models";
import { passkeyFolder } from "./small-models.ts";
import { expectError, expectThat, type Check } from "./place.ts";

/** out = log(softmax(x)) in one operator: the provider has no kernel for it. */
const onlyOnCpu = (): Uint8Array => {
  const graph = tape();
  graph.output("out", graph.op("LogSoftmax", [graph.input("x", "float32", ["rows", 4])], { axis: -1 }));
  return encode(graph.model());
};

const one = { from: 0, fromStride: 0, to: 0, toStride: 0, length: 1, count: 1 };

/** For a place whose adapter has no float16. */
export const withoutHalves: Check = {
  name: "float16 where the adapter has none is refused by the feature's name, and float32 goes on",
  run: async ({ webgpu, backend }) => {
    const half = webgpu({ precision: "float16" });
    const [named, graph] = [
      /the precision float16 needs an adapter with the feature shader-f16, got one without/,
      tape(),
    ];
    expectThat(named.test((await half.unavailable()) ?? ""), "what keeps it from running must be named");
    const notices: string[] = [];
    const chosen = await firstAvailable([half, webgpu()], (text) => notices.push(text));
    expectThat(chosen.precision === "float32", `float32 must be taken, got ${chosen.precision}`);
    const said = /^backend: webgpu; not webgpu in float16: the precision float16 needs .*shader-f16/;
    expectThat(notices.length === 1 && said.test(notices[0]!), `${said} must be said, got ${notices}`);
    graph.output("out", graph.op("Neg", [graph.input("x", "float32", ["length"])]));
    await expectError(() => half.createSession(encode(graph.model())), named);
    await (await backend.createSession(encode(graph.model()))).release();
  },
};

export const errorChecks: readonly Check[] = [
  {
    name: "an operator that would run on the CPU is refused",
    run: ({ backend }) =>
      expectError(
        () => backend.createSession(onlyOnCpu()),
        /^webgpu: the graph could not be loaded: .*fallback to CPU EP has been explicitly disabled/,
      ),
  },
  {
    name: "a decoder's graph with branches is refused, its plain one is not",
    run: async ({ backend, model }) => {
      const checkpoint = await holdCheckpoint(await loadCheckpoint(await model(passkeyFolder)));
      const extended = extendDecoder(checkpoint.decoder, {});
      const files = checkpoint.files.map(({ external }) => external);
      const load = (operators: "all" | "plain") =>
        backend.createSession(encode(decoderGraph(extended, checkpoint, { operators })), files);
      await expectError(() => load("all"), /^webgpu: the graph could not be loaded: .*fallback to CPU EP/);
      await (await load("plain")).release();
    },
  },
  {
    name: "a cache in q8 is refused before anything is loaded",
    run: ({ backend, model }) =>
      expectError(
        async () =>
          loadModel(
            { ...(await model(passkeyFolder)), file: () => Promise.reject(new Error("read")) },
            { backend, cache: "q8" },
          ),
        /^loadModel: a cache in q8 needs a backend with buffers of int8, got webgpu with float32$/,
      ),
  },
  {
    name: "buffers and tensors that are another backend's, released or too short are refused",
    run: async ({ webgpu }) => {
      const [mine, other] = [webgpu(), webgpu()];
      const buffer = mine.allocate(4);
      await expectError(async () => buffer.write(hostBuffer(4), one), /^write: source must be a buffer of webgpu, got/);
      await expectError(
        async () => buffer.write(other.allocate(4), one),
        /^write: source must be a buffer of webgpu, got/,
      );
      await expectError(
        async () => buffer.write(other.allocate(4).view(0, [4]), one),
        /^webgpu: a tensor must be .* this backend's own/,
      );
      await expectError(async () => buffer.view(2, [3]), /^view: 3 elements from 2 on must lie within the buffer's 4$/);
      await expectError(
        async () => buffer.move(0, 3, 2),
        /^move: 2 elements from 3 on must lie within the buffer's 4$/,
      );
      const view = buffer.view(0, [4]);
      buffer.release();
      await expectError(
        async () => buffer.write(float32([1], Float32Array.of(1)), one),
        /^write: the buffer must not be released$/,
      );
      await expectError(async () => mine.allocate(4).write(view, one), /^webgpu: a tensor on the device must be valid/);
      await expectError(async () => mine.allocate(4, "int8"), /^webgpu: a buffer must hold float32, got int8$/);
    },
  },
  {
    name: "a buffer of float16 takes whole words of 4 bytes, and is there in that precision alone",
    run: async ({ webgpu }) => {
      const { allocate } = webgpu({ precision: "float16" });
      const buffer = allocate(8, "float16");
      const source = allocate(8, "float16");
      const write = (copy: Partial<typeof one>) => async () =>
        buffer.write(source, { ...one, fromStride: 4, toStride: 4, length: 2, count: 2, ...copy });
      await write({})();
      for (const [name, refused] of [
        ...(["from", "fromStride", "to", "toStride", "length"] as const).map(
          (each) => [each, write({ [each]: 1 })] as const,
        ),
        ["to", async () => buffer.move(0, 1, 2)],
        ["offset", async () => buffer.view(1, [2])],
      ] as const)
        await expectError(
          refused,
          new RegExp(`^(write|move|view): ${name} must be a multiple of 2 elements of float16, got 1$`),
        );
      await expectError(
        async () => buffer.write(float32([2], new Float32Array(2)), one),
        /^write: source must hold float16, got float32$/,
      );
      await expectError(async () => allocate(4, "int8"), /^webgpu: a buffer must hold float32 or float16, got int8$/);
      await expectError(
        async () => webgpu().allocate(4, "float16"),
        /^webgpu: a buffer must hold float32, got float16$/,
      );
      await expectError(
        async () => webgpu({ precision: "float8" as "float16" }),
        /^webgpu: precision must be float32 or float16, got "float8"$/,
      );
      await expectError(
        async () => webgpu({ precison: "float16" } as object),
        /^webgpu: options must have no keys but precision, attention, onRead, device, got "precison"; precision is meant\?$/,
      );
      await expectError(async () => webgpu({ onRead: 3 as never }), /^webgpu: onRead must be a function, got 3$/);
    },
  },
  {
    name: "a cache in q8 or float16 that the backend cannot hold is refused before anything is loaded",
    run: async ({ webgpu, model }) => {
      const unread = { ...(await model(passkeyFolder)), file: () => Promise.reject(new Error("read")) };
      await expectError(
        () => loadModel(unread, { backend: webgpu({ precision: "float16" }), cache: "q8" }),
        /^loadModel: a cache in q8 needs a backend with buffers of int8, got webgpu with float32,float16$/,
      );
      await expectError(
        () => loadModel(unread, { backend: webgpu(), cache: "float16" }),
        /^loadModel: a cache in float16 needs a backend with buffers of float16, got webgpu with float32$/,
      );
    },
  },
  {
    name: "a buffer that is too large is refused with its bytes, and the next one is not",
    run: async ({ webgpu }) => {
      const backend = webgpu();
      const graph = tape();
      graph.output("out", graph.op("Neg", [graph.input("x", "float32", ["length"])]));
      const session = await backend.createSession(encode(graph.model()));
      const first = async (length: number) =>
        session.run({ x: backend.allocate(length).view(0, [1]) }, { read: ["out"] });
      await expectError(() => first(2 ** 33), /^webgpu: a buffer .*34359738368/);
      await first(1);
      await session.release();
    },
  },
  {
    name: "integers of 64 bits come back",
    run: async ({ backend }) => {
      const graph = tape();
      const x = graph.input("x", "float32", ["rows", 4]);
      graph.output("out", graph.op("ArgMax", [x], { axis: -1, keepdims: 0 }));
      const session = await backend.createSession(encode(graph.model()));
      const rows = Float32Array.of(1, 5, 2, 3, 9, 1, 1, 1);
      const { out } = await session.run({ x: float32([2, 4], rows) }, { read: ["out"] });
      expectThat(out?.place === "host" && out.type === "int64" && String(out.data) === "1,0", "out must be 1,0");
      await session.release();
    },
  },
  {
    name: "an output that was kept ends with the next run; a copy of it and what was asked for before stay",
    run: async ({ backend }) => {
      const graph = tape();
      graph.output("out", graph.op("Neg", [graph.input("x", "float32", ["length"])]));
      const session = await backend.createSession(encode(graph.model()));
      const keep = { read: [], keep: ["out"] };
      const { out } = await session.run({ x: float32([2], Float32Array.of(1, 2)) }, keep);
      const buffer = backend.allocate(2);
      buffer.write(out!, { ...one, length: 2 });
      // Asked for while it is valid: a run, and a buffer that is released before the run begins.
      const passing = backend.allocate(2);
      passing.write(out!, { ...one, length: 2 });
      const next = session.run({ x: float32([2], Float32Array.of(3, 4)) }, keep);
      const after = session.run({ x: out! }, { read: ["out"] });
      const last = session.run({ x: passing.view(0, [2]) }, { read: ["out"] });
      passing.release();
      await next;
      for (const { out: given } of [await after, await last])
        expectThat(given?.place === "host" && String(given.data) === "1,2", "what was asked for before must be 1,2");
      await expectError(
        async () => buffer.write(out!, one),
        /^webgpu: a tensor on the device must be valid, got one of dims \[2\]/,
      );
      const { out: read } = await session.run({ x: buffer.view(0, [2]) }, { read: ["out"] });
      expectThat(read?.place === "host" && String(read.data) === "1,2", "what was copied must be 1,2");
      buffer.release();
      await session.release();
    },
  },
];

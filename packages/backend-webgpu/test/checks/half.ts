/** What is checked where the adapter has float16: everything that needs no backend of its own, and what is particular to it. */
import { emitLongProduct } from "@ropewalk/attention-merge/onnx";
import { firstAvailable, float16, float32, type Backend } from "@ropewalk/backend";
import { selfExtend, slidingWindow, type ContextExtension } from "@ropewalk/context-extension";
import { cacheBytes, createCache, loadModel } from "@ropewalk/generation";
import { encode, tape, typeCode } from "@ropewalk/graph";
import { onnxExports } from "@ropewalk/testing/vectors";
import { halfAttentions } from "./attentions.ts";
import { checksOfAnyPrecision } from "./any-precision.ts";
import { expectError, expectThat, type Check, type Place } from "./place.ts";
import { passkeyCases, passkeyFolder } from "./small-models.ts";

/** The same place with a backend of float16, one for all checks. */
const halfPlaces = new WeakMap<Place, Place>();
const halfPlace = (place: Place): Place => {
  const reads: number[] = [];
  const backend = place.webgpu({ precision: "float16", onRead: (bytes) => void reads.push(bytes) });
  const made = halfPlaces.get(place) ?? { ...place, reads, backend };
  halfPlaces.set(place, made);
  return made;
};

const inHalf = ({ name, run }: Check): Check => ({
  name: `float16: ${name}`,
  run: (place) => run(halfPlace(place)),
});

/** Logits of a prompt of 241 tokens. */
const logitsOf = async (
  place: Place,
  backend: Backend,
  extension: ContextExtension,
  chunkSize: number,
): Promise<Float32Array> => {
  const { inputIds } = (await passkeyCases(place)).find(({ length }) => length === 241)!;
  const model = await loadModel(await place.model(passkeyFolder), { backend, extension });
  const logits = await model.logits(inputIds, { chunkSize });
  await model.release();
  return logits;
};

const largest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** No window is a multiple of a block; some tokens settle, some wait. */
const layouts: readonly (readonly [string, ContextExtension])[] = [
  ["everything", {}],
  ["a window of 50", slidingWindow({ window: 50 })],
  ["a window of 150", slidingWindow({ window: 150 })],
  ["near and far of 50", selfExtend({ groupSize: 8, window: 50 })],
];

const terms = 8192;

const particular: readonly Check[] = [
  ...layouts.map(([name, extension]): Check => ({
    name: `agrees with float32 under ${name}, whatever the chunks`,
    run: async (place) => {
      const full = await logitsOf(place, place.webgpu(), extension, 64);
      for (const chunkSize of [13, 64]) {
        const half = await logitsOf(place, place.backend, extension, chunkSize);
        const off = largest(half.map((value, at) => value - full[at]!));
        expectThat(off < 1e-2 * largest(full), `logits must be within a hundredth of ${largest(full)}, off by ${off}`);
      }
    },
  })),
  {
    name: `a sum of ${terms} terms of like size is right`,
    run: async ({ backend }) => {
      const graph = tape();
      const a = graph.input("a", "float32", [1, 2, "rows", "inner"]);
      const b = graph.op("Cast", [graph.input("b", "float32", [2, "inner", 4])], { to: typeCode("float16") });
      graph.output("out", emitLongProduct(graph, 128, a, b));
      const session = await backend.createSession(encode(graph.model()));
      const feeds = {
        a: float32([1, 2, 3, terms], new Float32Array(6 * terms).fill(1 / terms)),
        b: float32([2, terms, 4], new Float32Array(8 * terms).fill(1)),
      };
      const { out } = await session.run(feeds, { read: ["out"] });
      await session.release();
      const sums = out?.place === "host" ? Array.from(out.data as Float32Array) : [];
      const right = sums.length === 24 && sums.every((sum) => Math.abs(sum - 1) < 1e-3);
      expectThat(right, `sums must be 1, got ${sums}`);
    },
  },
  {
    name: "is taken where float32 would do too",
    run: async ({ webgpu, backend }) => {
      const notices: string[] = [];
      const chosen = await firstAvailable([backend, webgpu()], (text) => notices.push(text));
      expectThat(chosen === backend, `float16 must be taken, got ${chosen.precision}`);
      expectThat(String(notices) === "backend: webgpu in float16", `the precision must be said, got ${notices}`);
    },
  },
  {
    name: "an export is refused, whose products are its own",
    run: async ({ backend, model }) => {
      const folder = await model(`${onnxExports}/torch-dynamo-llama`);
      await expectError(
        () => loadModel(folder, { backend }),
        /^loadExport: cache must be .* for an export, .*, got float16$/,
      );
    },
  },
  {
    name: "a cache takes half the bytes of one in float32",
    run: async (place) => {
      const bytes = async (backend: Backend): Promise<number> => {
        const extension = selfExtend({ groupSize: 4, window: 128 });
        const model = await loadModel(await place.model(passkeyFolder), { backend, extension });
        const held = cacheBytes(createCache(backend, model.extended, { length: 128 + 128 * 7 }));
        await model.release();
        return held;
      };
      const [half, full] = [await bytes(place.backend), await bytes(place.webgpu())];
      expectThat(half > 0 && half <= full / 2, `bytes must be at most half of ${full}, got ${half}`);
    },
  },
  {
    name: "every bit of what buffers hold is kept, from the host and back",
    run: async ({ backend }) => {
      // Every finite pattern: two of them together may be any float32 but one that is not finite.
      const bits = Uint16Array.from({ length: 2 ** 16 }, (_, at) => at).filter((each) => (each & 0x7c00) !== 0x7c00);
      const { length } = bits;
      const graph = tape();
      const x = graph.input("x", "float16", ["length"]);
      graph.output("out", graph.op("Identity", [x]));
      const session = await backend.createSession(encode(graph.model()));
      const [first, second] = [backend.allocate(length, "float16"), backend.allocate(length, "float16")];
      const whole = { from: 0, fromStride: 0, to: 0, toStride: 0, length, count: 1 };
      first.write(float16([length], bits), whole);
      // Forwards and in part behind itself.
      second.write(first, { ...whole, length: length - 2, to: 2 });
      for (const [tensor, from] of [
        [float16([length], bits), 0],
        [first.view(0, [length]), 0],
        [second.view(2, [length - 2]), 0],
      ] as const) {
        const { out } = await session.run({ x: tensor }, { read: ["out"] });
        const got = out?.place === "host" ? (out.data as Uint16Array) : new Uint16Array(0);
        const off = got.findIndex((each, at) => each !== bits[from + at]);
        expectThat(got.length > 0 && off < 0, `element ${off} must be ${bits[from + off]}, got ${got[off]}`);
      }
      for (const buffer of [first, second]) buffer.release();
      await session.release();
    },
  },
];

export const halfChecks: readonly Check[] = [...checksOfAnyPrecision, ...particular, halfAttentions].map(inHalf);

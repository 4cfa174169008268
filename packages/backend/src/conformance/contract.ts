/** Checks of a backend's behaviour other than numbers: buffers, kept outputs, releases, runs at the same time, errors. */
import type { Backend } from "../backend.ts";
import { float32, type Tensor } from "../tensor.ts";
import { bytesOf, type GraphCase } from "./graphs.ts";

const fail = (what: string): never => {
  throw new Error(what);
};

const expectError = async (
  what: string,
  run: () => Promise<unknown>,
  ...fragments: readonly string[]
): Promise<void> => {
  const message = await run().then(
    () => fail(`${what}: must be refused, was not`),
    (error: unknown) =>
      error instanceof Error ? error.message : fail(`${what}: must throw an Error, threw ${String(error)}`),
  );
  for (const fragment of fragments)
    if (!message.includes(fragment)) fail(`${what}: the message must name ${fragment}, got: ${message}`);
  if (message.includes("\n")) fail(`${what}: the message must be one line, got: ${message}`);
};

/** Checks strided writes, overlapping moves and views of the written buffer. */
export const checkBuffers = async (backend: Backend, identityModel: string): Promise<void> => {
  const { name, allocate } = backend;
  const buffer = allocate(12);
  const rows = float32([3, 2], Float32Array.of(1, 2, 3, 4, 5, 6));
  buffer.write(rows, { from: 0, fromStride: 2, to: 1, toStride: 4, length: 2, count: 3 });
  buffer.move(0, 1, 8);
  const other = allocate(4);
  other.write(buffer, { from: 2, fromStride: 0, to: 0, toStride: 0, length: 4, count: 1 });
  // A view is fed to a graph, wherever it lies, and comes back on the host.
  const session = await backend.createSession(bytesOf(identityModel));
  const { out } = await session.run({ x: other.view(0, [2, 2]) }, { read: ["out"] });
  await session.release();
  if (out?.place !== "host" || String(Array.from(out.data as Float32Array)) !== "1,2,0,0")
    fail(
      `${name}: a moved and copied view must be 1,2,0,0, got ${out?.place === "host" ? out.data : "a device tensor"}`,
    );
  const tooLong = { from: 0, fromStride: 0, to: 2, toStride: 0, length: 6, count: 1 };
  await expectError(`${name}: a write beyond the end`, async () => other.write(rows, tooLong), "8", "4");
  if (backend.bufferTypes.includes("int8")) {
    const small = allocate(4, "int8");
    await expectError(
      `${name}: a write of another type`,
      async () => small.write(other, { ...tooLong, length: 1 }),
      "int8",
      "float32",
    );
    small.release();
  } else await expectError(`${name}: a buffer of another type`, async () => allocate(4, "int8"), name, "int8");
  for (const each of [buffer, other]) each.release();
};

/** Checks that a released session does not run again and is released only once. */
export const checkRelease = async (backend: Backend, identityModel: string): Promise<void> => {
  const { name } = backend;
  const session = await backend.createSession(bytesOf(identityModel));
  const x = float32([1, 1], Float32Array.of(7));
  const run = async (): Promise<unknown> => {
    const { out } = await session.run({ x }, { read: ["out"] });
    return out?.place === "host" ? out.data[0] : undefined;
  };
  // A run that was requested before the release is completed first.
  const [got] = await Promise.all([run(), Promise.resolve().then(() => session.release())]);
  if (got !== 7) fail(`${name}: a run before a release must give 7, got ${String(got)}`);
  await session.release();
  await expectError(`${name}: a run of a released session`, run, name, "released");
};

/** Checks that runs at the same time, of one session and of several, each give their own result. */
export const checkRunsAtOnce = async (backend: Backend, identityModel: string): Promise<void> => {
  const { name } = backend;
  const sessions = await Promise.all([1, 2].map(() => backend.createSession(bytesOf(identityModel))));
  const runs = Array.from({ length: 12 }, async (_, index) => {
    const data = Float32Array.from({ length: 2 * (index + 1) }, (__, at) => 100 * index + at);
    const { out } = await sessions[index % 2]!.run({ x: float32([index + 1, 2], data) }, { read: ["out"] });
    if (out?.place !== "host" || String(out.data) !== String(data))
      fail(`${name}: run ${index} of 12 at once must give what it gives alone, got something else`);
  });
  await Promise.all(runs);
  for (const session of sessions) await session.release();
};

/** Checks that a kept output can be written to a buffer and fed again. */
export const checkKept = async (backend: Backend, identityModel: string): Promise<void> => {
  const { name, allocate } = backend;
  const session = await backend.createSession(bytesOf(identityModel));
  const run = async (x: Tensor): Promise<readonly number[]> => {
    const { out } = await session.run({ x }, { read: ["out"] });
    return out?.place === "host" ? Array.from(out.data as Float32Array) : fail(`${name}: out must be on the host`);
  };
  const given = float32([3, 2], Float32Array.of(1, 2, 3, 4, 5, 6));
  const { out } = await session.run({ x: given }, { read: [], keep: ["out"] });
  if (String(out?.dims) !== "3,2") fail(`${name}: a kept output must be [3,2], got [${out?.dims}]`);
  const buffer = allocate(8);
  buffer.write(out!, { from: 1, fromStride: 2, to: 0, toStride: 3, length: 1, count: 3 });
  // The part before the last two elements, and one that does not begin where the buffer does.
  const [again, all, part] = [await run(out!), await run(buffer.view(0, [2, 3])), await run(buffer.view(3, [1, 4]))];
  for (const [got, expected] of [
    [again, "1,2,3,4,5,6"],
    [all, "2,0,0,4,0,0"],
    [part, "4,0,0,6"],
  ])
    if (String(got) !== expected) fail(`${name}: a kept output must be written and fed as ${expected}, got ${got}`);
  const alien = { place: "device", type: "float32", dims: [1, 1], handle: {} } as const;
  await expectError(`${name}: a tensor of another backend`, () => run(alien), name, "device");
  const one = { from: 0, fromStride: 0, to: 0, toStride: 0, length: 1, count: 1 };
  await expectError(`${name}: a write from another backend's tensor`, async () => buffer.write(alien, one), "device");
  buffer.release();
  await session.release();
};

export const checkErrors = async (backend: Backend, sample: GraphCase): Promise<void> => {
  const { name } = backend;
  await expectError(
    `${name}: bytes that are no model`,
    () => backend.createSession(Uint8Array.of(1, 2, 3)),
    name,
    "loaded",
  );
  const session = await backend.createSession(bytesOf(sample.model));
  const input = session.inputs[0]!;
  await expectError(`${name}: a missing input`, () => session.run({}, { read: ["out"] }), name, input);
  const zero = float32([1], Float32Array.of(0));
  const feeds = Object.fromEntries(session.inputs.map((each) => [each, zero]));
  await expectError(
    `${name}: an unknown input`,
    () => session.run({ ...feeds, stray: zero }, { read: ["out"] }),
    name,
    "stray",
  );
  await expectError(`${name}: an unknown output`, () => session.run(feeds, { read: ["nowhere"] }), name, "nowhere");
  await expectError(`${name}: inputs of a wrong shape`, () => session.run(feeds, { read: ["out"] }), name, "run");
  await session.release();
};

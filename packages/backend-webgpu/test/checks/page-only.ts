/** What only a page can check: there the device is at hand, to be watched, lost and taken away. */
import { float32, type Backend, type Session } from "@ropewalk/backend";
import { encode, tape } from "@ropewalk/graph";
import { expectError, expectThat, type Check } from "./place.ts";
import { checkReads } from "./reads.ts";

/** What of a page's WebGPU is used here; the tests are checked as programs of Node. */
type Device = {
  readonly destroy: () => void;
  popErrorScope: () => Promise<unknown>;
};
type Adapter = { readonly requestDevice: () => Promise<Device> };
type Mapped = { readonly prototype: { mapAsync: (mode: number, ...rest: readonly unknown[]) => Promise<void> } };
const page = globalThis as unknown as {
  readonly navigator: { gpu: { requestAdapter: () => Promise<Adapter | null> } };
  readonly GPUBuffer: Mapped;
  readonly GPUOutOfMemoryError: new (message: string) => object;
};

const negative = (backend: Backend): Promise<Session> => {
  const graph = tape();
  graph.output("out", graph.op("Neg", [graph.input("x", "float32", ["length"])]));
  return backend.createSession(encode(graph.model()));
};

const runOnce = async (session: Session): Promise<void> => {
  const { out } = await session.run({ x: float32([2], Float32Array.of(1, -2)) }, { read: ["out"] });
  expectThat(out?.place === "host" && String(out.data) === "-1,2", "out must be -1,2");
};

const ownDevice = async (): Promise<Device> => (await page.navigator.gpu.requestAdapter())!.requestDevice();

/** Runs with something of the page replaced. */
const replaced = async <Of extends object, Name extends keyof Of>(
  of: Of,
  name: Name,
  value: Of[Name] | undefined,
  run: () => Promise<void>,
): Promise<void> => {
  Object.defineProperty(of, name, { value, configurable: true, writable: true });
  try {
    await run();
  } finally {
    delete of[name];
  }
};

export const pageChecks: readonly Check[] = [
  ...(["greedy", "sample"] as const).map((kind): Check => ({
    name: `a run brings back a token or a row of logits, and the page maps no more of the GPU's memory, ${kind}`,
    run: async (place) => {
      const { prototype } = page.GPUBuffer;
      const original = prototype.mapAsync;
      let [maps, mapped] = [0, 0];
      prototype.mapAsync = function (this: { readonly size: number }, ...given) {
        maps += 1;
        mapped += this.size;
        return original.apply(this as never, given);
      };
      try {
        const { bytes, runs } = await checkReads(place, kind);
        // The runtime reads 16 bytes at a time.
        const most = runs * Math.ceil(bytes / 16) * 16;
        expectThat(maps === runs && mapped <= most, `${runs} maps of at most ${most} bytes, got ${maps} of ${mapped}`);
      } finally {
        prototype.mapAsync = original;
      }
    },
  })),
  {
    name: "without WebGPU in the page, or an adapter, an error says what is needed",
    run: async ({ webgpu }) => {
      await replaced(page.navigator, "gpu", undefined, () =>
        expectError(() => negative(webgpu()), /^webgpu: the page needs navigator\.gpu, got none: .*https/),
      );
      await replaced(
        page.navigator.gpu,
        "requestAdapter",
        async () => null,
        () => expectError(() => negative(webgpu()), /^webgpu: a GPU adapter is needed, got none: .*enabled/),
      );
      await runOnce(await negative(webgpu()));
    },
  },
  {
    name: "a buffer beyond the device's limit is refused with both sizes",
    run: async ({ webgpu }) => {
      const backend = webgpu({ device: await ownDevice() });
      // Before the device is known the buffer is refused when it is needed, after that at once.
      const early = backend.allocate(2 ** 34);
      const session = await negative(backend);
      const refused =
        /^webgpu: a buffer must have at most \d+ bytes, the device's max(StorageBufferBinding|Buffer)Size, got 68719476736$/;
      await expectError(() => session.run({ x: early.view(0, [1]) }, { read: ["out"] }), refused);
      await expectError(async () => backend.allocate(2 ** 34), refused);
      await runOnce(session);
    },
  },
  {
    name: "memory that runs out is named with what it was for",
    run: async ({ webgpu }) => {
      const device = await ownDevice();
      const backend = webgpu({ device });
      const session = await negative(backend);
      const scarce = async () => {
        const pop = device.popErrorScope.bind(device);
        let told = false;
        return replaced(
          device,
          "popErrorScope",
          async () => {
            const found = await pop();
            if (told) return found;
            told = true;
            return new page.GPUOutOfMemoryError("no room");
          },
          () =>
            expectError(
              () => session.run({ x: backend.allocate(2).view(0, [2]) }, { read: ["out"] }),
              /^webgpu: the GPU is out of memory for a buffer of 16 bytes: no room$/,
            ),
        );
      };
      await scarce();
      await runOnce(session);
    },
  },
  {
    name: "a lost device is named by the run and by later ones, and a new backend works",
    run: async ({ webgpu }) => {
      const device = await ownDevice();
      const backend = webgpu({ device });
      const session = await negative(backend);
      await runOnce(session);
      const lost = /^webgpu: the GPU device is lost \(destroyed\): .*; a new webgpu\(\) asks for another$/;
      const running = session.run({ x: float32([2], Float32Array.of(1, 2)) }, { read: ["out"] });
      device.destroy();
      await expectError(() => running, lost);
      await expectError(() => runOnce(session), lost);
      await expectError(() => negative(backend), lost);
      await runOnce(await negative(webgpu()));
    },
  },
  {
    name: "float16 on a device without it is refused",
    run: async ({ webgpu }) => {
      const backend = webgpu({ device: await ownDevice(), precision: "float16" });
      await expectError(() => negative(backend), /^webgpu: the precision float16 needs .* shader-f16, got one without/);
    },
  },
  {
    name: "what is no GPUDevice is refused",
    run: ({ webgpu }) =>
      expectError(async () => webgpu({ device: {} }), /^webgpu: device must be a GPUDevice, got \[object Object\]$/),
  },
  {
    name: "weights by path are refused",
    run: ({ backend }) =>
      expectError(
        () => backend.createSession(Uint8Array.of(0), [{ kind: "path", folder: "/weights", file: "a" }]),
        /^webgpu: .*a must be given as bytes in a browser, got the path \/weights/,
      ),
  },
];

import type { Backend, TensorBuffer } from "@ropewalk/backend";

/** A backend that counts its buffers, and fails where it is told to. */
export const counted = (inner: Backend) => {
  const live = new Set<TensorBuffer>();
  const count = { releasedTwice: 0, allocations: 0, runs: 0 };
  const failing = { allocation: Infinity, run: Infinity };
  const backend: Backend = {
    ...inner,
    allocate: (...asked) => {
      if (++count.allocations === failing.allocation) throw new RangeError("no memory");
      const buffer = inner.allocate(...asked) as { -readonly [K in keyof TensorBuffer]: TensorBuffer[K] };
      live.add(buffer);
      const { release } = buffer;
      buffer.release = () => {
        if (!live.delete(buffer)) count.releasedTwice += 1;
        release();
      };
      return buffer;
    },
    createSession: async (...given) => {
      const session = await inner.createSession(...given);
      return {
        ...session,
        run: async (...asked) => {
          if (++count.runs === failing.run) throw new Error("no run");
          return session.run(...asked);
        },
      };
    },
  };
  return { backend, live, count, failing };
};

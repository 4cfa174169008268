/** Counts what a page's GPU is told to compute, the runtime's kernels and others alike. */

type Dispatches = { dispatchWorkgroups: (...given: number[]) => void };

const page = globalThis as unknown as { readonly GPUComputePassEncoder: { readonly prototype: Dispatches } };

/** How many compute dispatches are recorded while a task runs. */
export const countLaunches = async (task: () => Promise<void>): Promise<number> => {
  const { prototype } = page.GPUComputePassEncoder;
  const original = prototype.dispatchWorkgroups;
  let count = 0;
  prototype.dispatchWorkgroups = function (...given) {
    count += 1;
    return original.apply(this, given);
  };
  try {
    await task();
  } finally {
    prototype.dispatchWorkgroups = original;
  }
  return count;
};

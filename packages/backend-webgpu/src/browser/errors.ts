/**
 * Errors of a device. WebGPU does not throw them from the call, but reports them by error scopes, and a lost device by a promise.
 */

export type Watched = {
  /** Runs a task. Errors that the device reports meanwhile, and the loss of the device, reject the task. */
  readonly during: <T>(what: string, task: () => Promise<T> | T) => Promise<T>;
};

/** How long to wait, in milliseconds, whether the device is reported as lost after an error. */
const patience = 100;

const scopes = ["internal", "validation", "out-of-memory"] as const;

export const watch = (device: GPUDevice): Watched => {
  let loss: Error | undefined;
  const lost = device.lost.then(({ reason, message }) => {
    loss = new Error(`webgpu: the GPU device is lost (${reason}): ${message}; a new webgpu() asks for another`);
  });
  const orLost = async (): Promise<never> => {
    await lost;
    throw loss!;
  };
  const scoped = async <T>(what: string, task: () => Promise<T> | T): Promise<T> => {
    for (const scope of scopes) device.pushErrorScope(scope);
    const errors = () => Promise.all(scopes.map(() => device.popErrorScope()));
    let result: T;
    try {
      result = await task();
    } catch (error) {
      await errors();
      throw error;
    }
    const found = (await errors()).find((error) => error !== null);
    if (found instanceof GPUOutOfMemoryError)
      throw new RangeError(`webgpu: the GPU is out of memory for ${what}: ${found.message}`);
    if (found) throw new Error(`webgpu: the GPU refuses ${what}: ${found.message.split("\n")[0]}`);
    return result;
  };
  return {
    during: async (what, task) => {
      if (loss !== undefined) throw loss;
      try {
        return await Promise.race([scoped(what, task), orLost()]);
      } catch (error) {
        await Promise.race([lost, new Promise((resolve) => void setTimeout(resolve, patience))]);
        throw loss ?? error;
      }
    },
  };
};

/**
 * Turns off the telemetry of onnxruntime-node. From 1.30 on the runtime keeps a device id and events in the home folder and sends
 * them to its makers. It reads the variable that stops this when its library is loaded.
 */
type Process = {
  readonly env: Record<string, string | undefined>;
  readonly emitWarning: (text: string) => void;
};

const variable = "ORT_DISABLE_TELEMETRY";

/**
 * Stops the telemetry, unless the variable is set already. Call it when a backend is imported, in any thread.
 *
 * A worker thread has its own copy of the environment variables, which libraries do not read. So only the main thread can set it.
 *
 * @param isMainThread - whether libraries see a variable that is set in this thread
 * @returns a function to call before the runtime is loaded: in a worker it warns, once, if nobody has set the variable
 */
export const stopTelemetry = (process: Process, isMainThread: boolean): (() => void) => {
  if (process.env[variable] !== undefined) return () => undefined;
  if (isMainThread) {
    process.env[variable] = "1";
    return () => undefined;
  }
  let warned = false;
  return () => {
    if (warned) return;
    warned = true;
    process.emitWarning(
      `onnxruntime-node: ${variable} must be set to 1 outside of worker threads to stop its telemetry, got nothing; ` +
        "the backend's package sets it where the main thread imports it",
    );
  };
};

/**
 * onnxruntime-node reports what it does to its makers: from 1.30 on it keeps a device id and events in the home folder and sends them.
 * The variable that stops it is read when its library is loaded.
 */
type Process = {
  readonly env: Record<string, string | undefined>;
  readonly emitWarning: (text: string) => void;
};

const variable = "ORT_DISABLE_TELEMETRY";

/**
 * Stops the telemetry, unless the variable is set already: to be called when a backend is imported, in whichever thread.
 *
 * A worker thread has a copy of the variables, which libraries do not read. There it is the main thread that sets it.
 *
 * @param isMainThread - whether setting a variable is seen by libraries
 * @returns what is to be called before the runtime is loaded: in a worker it warns, once, where nobody has set the variable
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

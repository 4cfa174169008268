/**
 * onnxruntime-node reports what it does to its makers: from 1.30 on it keeps a device id and events in the home folder and sends them.
 * The variable that stops it is read when its library is loaded.
 */
type Process = {
  readonly env: Record<string, string | undefined>;
  readonly emitWarning: (text: string) => void;
};

const variable = "ORT_DISABLE_TELEMETRY";

let warned = false;

/**
 * Loads onnxruntime-node without telemetry, unless the variable says otherwise.
 *
 * A worker thread has a copy of the variables, which libraries do not read: there it says what has to be set outside.
 *
 * @param isMainThread - whether setting a variable is seen by libraries
 */
export const withoutTelemetry = <T>(process: Process, isMainThread: boolean, load: () => Promise<T>): Promise<T> => {
  if (process.env[variable] === undefined) {
    process.env[variable] = "1";
    if (!isMainThread && !warned) {
      warned = true;
      process.emitWarning(
        `onnxruntime-node: ${variable} must be set to 1 outside of worker threads to stop its telemetry, got nothing; ` +
          "a backend's unavailable() in the main thread sets it",
      );
    }
  }
  return load();
};

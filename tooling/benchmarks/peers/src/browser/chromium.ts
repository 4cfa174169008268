/** The browser that WebAssembly is measured in. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const names = ["chromium", "chromium-browser", "google-chrome"];

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The path of Chromium. @throws RangeError when it is not on the PATH */
export const findChromium = (): string => {
  const paths = names.flatMap((name) =>
    (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name)),
  );
  const found = paths.find(isProgram);
  if (found === undefined)
    throw new RangeError(
      `findChromium: the PATH must have one of ${names.join(", ")} (or pass --no-browser), got none`,
    );
  return found;
};

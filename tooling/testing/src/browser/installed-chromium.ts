/** Chromium as it is installed, and the driver that it carries. */
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

export const chromiumNames: readonly string[] = ["chromium", "chromium-browser", "google-chrome"];

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The path of the first that is on the PATH; undefined where none is. */
export const findChromium = (): string | undefined =>
  chromiumNames
    .flatMap((name) => (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name)))
    .find(isProgram);

const driver = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** The Vulkan driver of Debian's Chromium, which needs no graphics card; undefined where it is not installed. */
export const softwareDriver: string | undefined = existsSync(driver) ? driver : undefined;

/** Processes of Node that run on a GPU's driver: Mesa's software driver, the one that Debian's chromium carries, or a card's. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { softwareDriver } from "@ropewalk/testing/browser/installed-chromium";
import { hasEnded } from "@ropewalk/testing/has-ended";

/**
 * A script in a process of its own: the driver is chosen by its environment, and a crash of the driver ends it.
 *
 * @param icd - the driver's file; absent: the system's own
 */
export const startProcess = (script: URL, icd: string | undefined): ChildProcess =>
  fork(fileURLToPath(script), {
    execArgv: ["--conditions=@ropewalk/source"],
    env: { XDG_RUNTIME_DIR: "/tmp", ...process.env, ...(icd === undefined ? {} : { VK_ICD_FILENAMES: icd }) },
    serialization: "advanced",
    // Dawn writes what it does not find; errors say the same.
    stdio: ["ignore", "inherit", "ignore", "ipc"],
  });

/** What the process answers, or in words how it ended. */
export const askProcess = async (child: ChildProcess, asked: string | object): Promise<unknown> => {
  if (hasEnded(child)) return "the process has ended before";
  const stop = new AbortController();
  const { signal } = stop;
  const ended = once(child, "exit", { signal }).then(([code, by]) => `the process ended: ${code ?? by}`);
  child.send(asked);
  const answered = once(child, "message", { signal }).then(([message]) => message as unknown);
  const outcome = await Promise.race([answered, ended]);
  stop.abort();
  await Promise.allSettled([answered, ended]);
  return outcome;
};

/** Mesa's lavapipe, which has float16 from version 25 on; older ones are no adapter. */
const lavapipe = ["lvp_icd.json", "lvp_icd.x86_64.json", "lvp_icd.aarch64.json"]
  .map((file) => `/usr/share/vulkan/icd.d/${file}`)
  .find(existsSync);

const asked = process.env["VK_ICD_FILENAMES"];
/** The driver that is asked for, or else those of software first: they are the same everywhere. */
export const drivers: readonly (string | undefined)[] =
  asked === undefined ? [lavapipe, softwareDriver, undefined] : [asked];

/** What an error says where a driver has no adapter. */
export const adapterNeeded = /a GPU adapter is needed/;

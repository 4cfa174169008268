/**
 * The reasons why CUDA cannot run, each with its remedy.
 *
 * The runtime's error only says that a "shared library" could not be loaded. The loader's error has the library's name.
 */

export type Place = {
  readonly platform: string;
  readonly arch: string;
  /** Whether the provider's library is in the runtime's folder. */
  readonly installed: boolean;
};

export const library = "libonnxruntime_providers_cuda.so";

const install =
  "run `ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node` (it needs the network), with " +
  '"onnxruntime-node": true in allowScripts of package.json, without which npm does nothing';

/** The reason that can be found without loading anything; undefined if the provider's library is in place. */
export const missingProvider = ({ platform, arch, installed }: Place): string | undefined => {
  if (platform !== "linux" || arch !== "x64")
    return `onnxruntime-node has a CUDA provider for linux x64 only, this is ${platform} ${arch}`;
  return installed ? undefined : `${library} is not installed; ${install}`;
};

const path = "on the loader's path (LD_LIBRARY_PATH, or ldconfig)";

type Cause = {
  readonly sign: RegExp;
  /** @param what - the first group of the sign's match */
  readonly says: (what: string, deviceId: number) => string;
};

/** The known causes. The first whose sign matches is taken. */
const causes: readonly Cause[] = [
  {
    sign: /(libcudnn\S*): cannot open/,
    says: (lib) => `${lib} is not found: install cuDNN 9 for CUDA 12, ${path}`,
  },
  {
    sign: /(libcuda\.so\S*): cannot open/,
    says: (lib) => `${lib} is not found: install NVIDIA's driver, ${path}`,
  },
  {
    sign: /(libonnxruntime_\S*): cannot open/,
    says: (lib) => `${lib} is not found; ${install}`,
  },
  {
    sign: /(lib(?:cu|nv)\S*): cannot open/,
    says: (lib) => `${lib} is not found: install the runtime of CUDA 12, ${path}`,
  },
  {
    sign: /(lib\S*): cannot open/,
    says: (lib) => `${lib} is not found: the CUDA provider needs it ${path}`,
  },
  {
    sign: /driver version is insufficient|CUDA failure 35\b/,
    says: () => "NVIDIA's driver is older than CUDA 12 needs; install a newer one",
  },
  {
    sign: /no CUDA-capable device|CUDA failure 100\b/,
    says: () => "no NVIDIA GPU is seen here; look at nvidia-smi, and at CUDA_VISIBLE_DEVICES",
  },
  {
    sign: /invalid device ordinal|CUDA failure 101\b/,
    says: (_, deviceId) => `deviceId must be that of a GPU that is there, got ${deviceId}; nvidia-smi lists them`,
  },
];

/** The cause behind a message of the runtime or of the loader; undefined if it is not known. */
export const problemIn = (message: string, deviceId: number): string | undefined => {
  for (const { sign, says } of causes) {
    const found = sign.exec(message);
    if (found) return says(found[1] ?? "", deviceId);
  }
  return undefined;
};

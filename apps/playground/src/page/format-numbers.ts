/** Numbers as people read them. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

export const count = (value: number): string => (Math.abs(value) < 100 ? short : whole).format(value);

const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];

export const bytes = (value: number): string => {
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
  return `${short.format(value / 1024 ** power)} ${units[power]}`;
};

export const seconds = (milliseconds: number): string =>
  milliseconds < 1000 ? `${short.format(milliseconds)} ms` : `${short.format(milliseconds / 1000)} s`;

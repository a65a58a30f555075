/** Numbers with their units, as labels show them. */
export const unitTexts = {
  pixels: (count: number) => `${count} px`,
  milliseconds: (count: string) => `${count} ms`,
  seconds: (count: string) => `${count} s`,
  minutes: (count: number) => `${count} min`,
  hours: (count: number) => `${count} h`,
  between: (from: string, to: string) => `${from} to ${to}`,
  kilobytes: (count: number) => `${count} kB`,
  megabytes: (count: string) => `${count} MB`,
};

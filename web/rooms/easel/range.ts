/** The shortest and the longest time that is expected, ms. */
export interface Range {
  from: number;
  to: number;
}

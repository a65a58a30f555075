/** A device that paints, as clients see it. */
export interface DeviceInfo {
  /** cpu, webgpu, cuda:0 */
  name: string;
  engine: string;
  description: string;
  /** Sessions that take turns on it. */
  sessionIds: string[];
}

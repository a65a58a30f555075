import type { Bus, Topics } from "../../server/bus/bus.js";

/** A bus that loses messages while a test says so, as one between processes does. */
export class LossyBus implements Bus {
  private readonly gaps = new Set<() => void>();
  /** How the topics begin whose messages are lost; null for none. */
  private losing: string | null = null;

  constructor(private readonly inner: Bus) {}

  /** Every message is lost from now on; with `topics`, those of topics that begin so. */
  lose(topics = ""): void {
    this.losing = topics;
  }

  /** Messages arrive again, and subscribers hear that some were lost. */
  recover(): void {
    this.losing = null;
    for (const gap of [...this.gaps]) gap();
  }

  async publish<Topic extends keyof Topics>(topic: Topic, message: Topics[Topic]): Promise<void> {
    if (this.losing === null || !topic.startsWith(this.losing)) await this.inner.publish(topic, message);
  }

  async subscribe<Topic extends keyof Topics>(
    topic: Topic,
    listener: (message: Topics[Topic]) => void,
    gap: () => void = () => undefined,
  ): Promise<() => Promise<void>> {
    const entry = () => gap();
    this.gaps.add(entry);
    const unsubscribe = await this.inner.subscribe(topic, listener);
    return async () => {
      this.gaps.delete(entry);
      await unsubscribe();
    };
  }

  /** Nobody notices that messages are lost, before `recover`. */
  unreachable(): null {
    return null;
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

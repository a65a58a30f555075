import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { unavailable } from "../errors.js";
import { type ConnectionOptions, connectRedis, Outage } from "../redis/connection.js";
import type { Bus, Topics } from "./bus.js";
import { type Envelope, open, seal } from "./envelope.js";

/** How long the start waits for Redis, ms. */
const START_MS = 10_000;
const CHANNELS = "atelier:";
/**
 * Topics that decide who may see what: a right that is taken away ends where it is taken, also while Redis is away. The
 * subscribers of this process receive messages about access from the process itself, at once, since their order does not
 * matter. A change of a session must not overtake an earlier one, and takes that way only when Redis has not taken it.
 */
const [ACCESS, SESSIONS] = ["access", "sessions"];

export interface RemoteBusOptions {
  /** Receives what a listener throws. */
  onListenerError(error: unknown): void;
  /** Receives what the operator should know: that Redis is away, and that it is back. */
  warn(message: string): void;
  /** How long Redis may owe an answer before a connection counts as lost, ms. */
  silenceMs?: number;
  /** How long to wait for Redis at first, ms. */
  startMs?: number;
}

interface Subscription {
  listener(message: Topics[keyof Topics]): void;
  gap(): void;
}

/** The subscriptions of this process to one topic. */
interface Channel {
  subscriptions: Set<Subscription>;
  /** Whether Redis sends the topic's messages on the present connection. */
  isOpen: boolean;
  /** Whether messages may have been lost, and the subscribers do not know yet. */
  hasGap: boolean;
  opened: Promise<void>;
}

/**
 * A bus between processes, over the publish and subscribe of Redis. While Redis is away messages are lost; `gap` is called
 * when it is back.
 * @throws AtelierError UNAVAILABLE when Redis does not come within some seconds.
 */
export async function openRemoteBus(redisUrl: string, options: RemoteBusOptions): Promise<RemoteBus> {
  const bus = new RemoteBus(redisUrl, options);
  try {
    await bus.start(options.startMs ?? START_MS);
    return bus;
  } catch (cause) {
    await bus.close();
    throw unavailable(`Redis at ${new URL(redisUrl).host} cannot be reached.`, { cause });
  }
}

export type { RemoteBus };

class RemoteBus implements Bus {
  private readonly id = randomUUID();
  private count = 0;
  private readonly channels = new Map<string, Channel>();
  /** Topics with messages that Redis did not take, and whose subscribers do not know yet. */
  private readonly lost = new Set<string>();
  /** Messages of this process on their way back to it, by number. */
  private readonly echoes = new Map<number, { topic: string; arrived(): void }>();
  /** Numbers of messages that were delivered here when they were sent, and come back. */
  private readonly delivered = new Set<number>();
  private readonly publisher: Redis;
  private readonly subscriber: Redis;
  private readonly outage: Outage;
  private isClosed = false;

  constructor(
    redisUrl: string,
    private readonly options: RemoteBusOptions,
  ) {
    this.outage = new Outage({
      warn: (message) => options.warn(message),
      meanwhile: "changes made elsewhere show when it is back",
      again: "changes made elsewhere show at once",
    });
    const observer = { lost: (error: unknown) => this.notice(error), answered: () => this.welcome() };
    // What cannot be sent is lost: sent later, it would come after what was read from storage meanwhile.
    const connection: ConnectionOptions = options.silenceMs === undefined ? {} : { silenceMs: options.silenceMs };
    this.publisher = connectRedis(redisUrl, observer, connection);
    this.subscriber = connectRedis(redisUrl, observer, connection);
    this.publisher.on("ready", () => this.announceLosses());
    this.subscriber.on("ready", () => void this.subscribeAgain());
    this.subscriber.on("close", () => this.interrupt());
    this.subscriber.on("messageBuffer", (channel: Buffer, bytes: Buffer) => this.receive(channel, bytes));
  }

  /** Resolves when both connections are open. @throws Error when they are not after `startMs`. */
  async start(startMs: number): Promise<void> {
    const deadline = AbortSignal.timeout(startMs);
    await Promise.all([this.publisher, this.subscriber].map((redis) => isReady(redis, deadline)));
  }

  /** Why messages are lost now; null while Redis can be reached. */
  unreachable(): string | null {
    const { reason } = this.outage;
    return reason === null ? null : `Redis cannot be reached (${reason}).`;
  }

  async publish<Topic extends keyof Topics>(topic: Topic, message: Topics[Topic]): Promise<void> {
    if (this.lost.has(topic)) void this.announce(topic);
    await this.send(topic, message);
  }

  async subscribe<Topic extends keyof Topics>(
    topic: Topic,
    listener: (message: Topics[Topic]) => void,
    gap: () => void = () => undefined,
  ): Promise<() => Promise<void>> {
    // One entry for each subscription, so that a listener that is subscribed twice is called twice.
    const entry: Subscription = { listener: (message) => listener(message as Topics[Topic]), gap };
    const channel = this.channels.get(topic) ?? this.openChannel(topic);
    channel.subscriptions.add(entry);
    await channel.opened;
    return async () => {
      if (!channel.subscriptions.delete(entry) || channel.subscriptions.size > 0) return;
      if (this.channels.get(topic) === channel) await this.closeChannel(topic);
    };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.channels.clear();
    this.interrupt();
    this.publisher.disconnect();
    this.subscriber.disconnect();
  }

  /** Without Redis, the topic is subscribed once it is back. */
  private openChannel(topic: string): Channel {
    const channel: Channel = { subscriptions: new Set(), isOpen: false, hasGap: false, opened: Promise.resolve() };
    this.channels.set(topic, channel);
    channel.opened = this.subscriber.subscribe(CHANNELS + topic).then(
      () => {
        channel.isOpen = true;
      },
      (error: unknown) => {
        channel.hasGap = true;
        this.notice(error);
      },
    );
    return channel;
  }

  private async closeChannel(topic: string): Promise<void> {
    this.channels.delete(topic);
    for (const echo of this.echoes.values()) if (echo.topic === topic) echo.arrived();
    // A connection that is lost has no subscriptions.
    await this.subscriber.unsubscribe(CHANNELS + topic).catch((error: unknown) => this.notice(error));
  }

  private async subscribeAgain(): Promise<void> {
    const again = [...this.channels];
    if (again.length > 0) {
      try {
        await this.subscriber.subscribe(...again.map(([topic]) => CHANNELS + topic));
      } catch (error) {
        // The connection was lost again, and the next one tries again.
        this.notice(error);
        return;
      }
    }
    for (const [, channel] of again) {
      channel.isOpen = true;
      this.tellOfGap(channel);
    }
    this.welcome();
  }

  /** The connection of the subscriptions is lost: what this process waits for does not come any more. */
  private interrupt(): void {
    for (const channel of this.channels.values()) {
      channel.isOpen = false;
      channel.hasGap = true;
    }
    this.delivered.clear();
    for (const { arrived } of [...this.echoes.values()]) arrived();
  }

  /** Sends a message, or with null the notice that some were lost. Resolves to whether Redis has taken it. */
  private async send(topic: string, message: Envelope["message"]): Promise<boolean> {
    if (this.isClosed) return false;
    const number = ++this.count;
    let isSent = false;
    if (message && topic === ACCESS) this.deliver(topic, message, number);
    const echoed = this.channels.get(topic)?.isOpen ? this.echoOf(number, topic) : Promise.resolve();
    try {
      // A connection that is not ready takes messages, and may never answer: a Redis that hangs still accepts connections.
      if (this.publisher.status !== "ready") throw new Error("not connected");
      isSent = true;
      const receivers = await this.publisher.publish(CHANNELS + topic, seal({ from: this.id, number, message }));
      this.welcome();
      if (receivers > 0) await echoed;
      return true;
    } catch (error) {
      this.lost.add(topic);
      this.notice(error);
      const channel = this.channels.get(topic);
      if (message && channel && topic === SESSIONS) this.call(channel, ({ listener }) => listener(message));
      return false;
    } finally {
      this.echoes.delete(number);
      if (!isSent) this.delivered.delete(number);
    }
  }

  private deliver(topic: string, message: Topics[keyof Topics], number: number): void {
    const channel = this.channels.get(topic);
    if (!channel) return;
    this.delivered.add(number);
    this.call(channel, ({ listener }) => listener(message));
  }

  private echoOf(number: number, topic: string): Promise<void> {
    return new Promise((arrived) => {
      this.echoes.set(number, { topic, arrived });
    });
  }

  private announceLosses(): void {
    for (const topic of [...this.lost]) void this.announce(topic);
  }

  private async announce(topic: string): Promise<void> {
    this.lost.delete(topic);
    await this.send(topic, null);
  }

  private receive(name: Buffer, bytes: Buffer): void {
    const topic = name.toString().slice(CHANNELS.length);
    const channel = this.channels.get(topic);
    const envelope = open(topic, bytes);
    if (!channel || !envelope) return;
    const { from, number, message } = envelope;
    channel.hasGap ||= message === null;
    this.tellOfGap(channel);
    const isDelivered = from === this.id && this.delivered.delete(number);
    if (message && !isDelivered) this.call(channel, ({ listener }) => listener(message));
    if (from === this.id) this.echoes.get(number)?.arrived();
  }

  private tellOfGap(channel: Channel): void {
    if (!channel.hasGap) return;
    channel.hasGap = false;
    this.call(channel, ({ gap }) => gap());
  }

  private call({ subscriptions }: Channel, what: (subscription: Subscription) => void): void {
    for (const subscription of [...subscriptions]) {
      // A listener may unsubscribe another one.
      if (!subscriptions.has(subscription)) continue;
      try {
        what(subscription);
      } catch (error) {
        this.options.onListenerError(error);
      }
    }
  }

  private notice(error: unknown): void {
    if (!this.isClosed) this.outage.lost(error);
  }

  /** Redis answers on one of the connections, or has subscribed them again. */
  private welcome(): void {
    if (this.outage.reason === null || this.publisher.status !== "ready" || this.subscriber.status !== "ready") return;
    const isDeaf = [...this.channels.values()].some(({ isOpen, hasGap }) => hasGap && !isOpen);
    if (!isDeaf) this.outage.answered();
  }
}

function isReady(redis: Redis, deadline: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (redis.status === "ready") resolve();
    redis.once("ready", () => resolve());
    deadline.addEventListener("abort", () => reject(deadline.reason));
  });
}

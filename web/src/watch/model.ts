/** The watch page's live data: loads the show, keeps the room open, and ties both to the picture. */
import { batch, signal, type ReadonlySignal } from "@preact/signals";
import type { Stream } from "../player/stream";
import type { Order, Watch } from "../wire/api";
import { api, at } from "../wire/http";
import { Room, type RoomMessage } from "../wire/room";
import { nick } from "./device";
import { apply, arrived, opened, pinned, refreshed, type RoomState, unknownOffer } from "./state";

/** How often countdowns and the cut line look at the picture's time. */
const tick_ms = 250;
/** How often at most the page asks again for data that lags behind its picture. */
const catch_up_ms = 3_000;
/** Messages that may wait for the next frame. */
const waiting_max = 200;
/** A pin that aired this long ago has been seen by every picture, so it need not wait for ours. */
const seen_by_all_ms = 15_000;

export class WatchModel {
  readonly state: ReadonlySignal<RoomState>;
  readonly air_ms = signal<number | null>(null);
  readonly orders = signal<Order[]>([]);
  readonly following = signal(false);
  readonly watch: ReadonlySignal<Watch>;
  readonly room: Room | null;
  private readonly stateSignal;
  private readonly watchSignal;
  readonly stream = signal<Stream | null>(null);
  /** The show had ended when the page was opened: the recording plays, and there is no room. */
  readonly replay: boolean;
  private readonly ticking: ReturnType<typeof setInterval>;
  private waiting: RoomMessage[] = [];
  private welcomed = false;
  private asked_ms = 0;

  constructor(readonly slug: string, watch: Watch) {
    this.watchSignal = signal(watch);
    this.watch = this.watchSignal;
    this.stateSignal = signal(opened(watch));
    this.state = this.stateSignal;
    this.following.value = watch.following;
    this.replay = watch.show.status === "ended";
    this.room = this.replay ? null : this.enter();
    this.showPin(watch.pin);
    this.hold(watch);
    this.ticking = setInterval(() => this.tick(), tick_ms);
    void this.loadOrders();
  }

  /** The time of this viewer's picture, for orders and windows. */
  airNow(): number | null {
    return this.stream.value?.airNow() ?? null;
  }

  setStream(stream: Stream | null): void {
    this.stream.value = stream;
  }

  close(): void {
    clearInterval(this.ticking);
    this.room?.close();
  }

  /** Asks for the show again: after a change of its state, and for a price that was refused as old. */
  async reload(): Promise<Watch> {
    const watch = await api.get<Watch>(`/shows${at(this.slug)}/watch`);
    batch(() => {
      this.watchSignal.value = watch;
      this.stateSignal.value = refreshed(this.stateSignal.value, watch);
      this.following.value = watch.following;
    });
    this.hold(watch);
    return watch;
  }

  async loadOrders(): Promise<void> {
    try {
      this.orders.value = await api.get<Order[]>(`/shows${at(this.slug)}/orders/mine`);
    } catch {
      // The list stays as it was; the orders tab offers to load it again.
    }
  }

  ordered(order: Order): void {
    this.orders.value = [order, ...this.orders.value.filter((known) => known.id !== order.id)];
  }

  async cancel(order: Order): Promise<void> {
    this.ordered(await api.post<Order>(`/shows${at(this.slug)}/orders${at(order.id)}/cancel`));
  }

  async follow(on: boolean): Promise<void> {
    const path = `/hosts${at(this.watchSignal.value.show.host.slug)}/follow`;
    this.following.value = on;
    try {
      await (on ? api.put(path) : api.delete(path));
    } catch (error) {
      this.following.value = !on;
      throw error;
    }
  }

  clearAnswer(): void {
    this.stateSignal.value = { ...this.stateSignal.value, answer: null };
  }

  private enter(): Room {
    const room: Room = new Room({
      slug: this.slug,
      airNow: () => this.airNow(),
      nick: () => nick.value,
      onMessage: (message) => this.heard(message),
    });
    return room;
  }

  /** Messages of one frame are applied together, so that a busy room draws once per frame. */
  private heard(message: RoomMessage): void {
    if (message.type === "caption") {
      this.stream.value?.captions?.add({ from_ms: message.from_air_ms, to_ms: message.to_air_ms, text: message.text });
      return;
    }
    if (this.waiting.length === 0) requestAnimationFrame(() => this.flush());
    this.waiting.push(message);
    // A page in the background gets no frames.
    if (this.waiting.length >= waiting_max) this.flush();
  }

  private flush(): void {
    const messages = this.waiting;
    if (messages.length === 0) return;
    this.waiting = [];
    const before = this.stateSignal.value.show.status;
    const unknown = messages.some((message) => unknownOffer(this.stateSignal.value, message));
    this.stateSignal.value = messages.reduce(apply, this.stateSignal.value);
    for (const message of messages) {
      if (message.type !== "welcome") continue;
      this.showPin(message.state.pin);
    }
    // A room that did not resume has a new server behind it, whose air clock may count from elsewhere.
    const anew = messages.some((message) => message.type === "welcome" && !message.resumed) && this.welcomed;
    this.welcomed ||= messages.some((message) => message.type === "welcome");
    if (anew || unknown || this.stateSignal.value.show.status !== before) void this.reload().catch(() => {});
  }

  private showPin(pin: Watch["pin"]): void {
    const { show, air } = this.watchSignal.value;
    const old = !show.on_air || (pin !== null && pin.air_ms <= air.now_ms - seen_by_all_ms);
    if (old || !this.room) this.setPin(pin);
    else this.room.whenAired(pin?.air_ms, () => this.setPin(pin));
  }

  /** What comes is told with the page and shown with the picture. */
  private hold(watch: Watch): void {
    for (const change of watch.later) {
      this.room?.whenAired(change.air_ms, () => {
        this.stateSignal.value = arrived(this.stateSignal.value, change);
      });
    }
  }

  private setPin(pin: Watch["pin"]): void {
    this.stateSignal.value = pinned(this.stateSignal.value, pin);
  }

  /** The show is live and nothing has aired yet, or the page's data is from before the first air. */
  private catchUp(): void {
    const { show, air } = this.watchSignal.value;
    const waits = this.stateSignal.value.show.status === "live" && !show.on_air;
    const playing = this.stream.value?.state.value === "playing";
    if (!(playing || waits) || this.replay || (air.epoch && (show.on_air || show.status === "ended"))) return;
    if (performance.now() - this.asked_ms < catch_up_ms) return;
    this.asked_ms = performance.now();
    void this.reload().catch(() => {});
  }

  private tick(): void {
    this.catchUp();
    const air_ms = this.airNow();
    // Tenths are enough for a countdown, and an unchanged value draws nothing.
    this.air_ms.value = air_ms === null ? null : Math.floor(air_ms / 250) * 250;
  }
}

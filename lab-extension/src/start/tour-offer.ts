/** Whether the sidebar offers the tour: to whoever begins with the example, until the tour was seen in this browser. */
import { Subscribable } from "../model/subscribable";

export interface SeenTour {
  fetch(id: string): Promise<unknown>;
  save(id: string, value: true): Promise<unknown>;
}

const SEEN_KEY = "jupyterlab-stagebook:seen-tour";

export class TourOffer extends Subscribable<boolean> {
  constructor(private readonly stored: SeenTour) {
    super(false);
  }

  async offer(): Promise<void> {
    if ((await this.stored.fetch(SEEN_KEY)) !== true) this.publish(true);
  }

  async seen(): Promise<void> {
    this.publish(false);
    await this.stored.save(SEEN_KEY, true);
  }
}

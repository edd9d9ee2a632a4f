// Silences of a plugin: until when nobody is told of its results, and the form that makes or ends one.

import { ask } from "./api";
import { make, say } from "./dom";
import { reason } from "./reason";
import type { Row } from "./row";
import { moment, visible } from "./text";

const SPANS: readonly [string, string][] = [["30m", "30 minutes"], ["2h", "2 hours"], ["8h", "8 hours"], ["1d", "1 day"], ["7d", "7 days"]];

export class SilenceForm {
  readonly element = make("div");
  private readonly state = make("p");
  private readonly end = make("button", { type: "button" }, "End the silence");
  private readonly span = make("select", {}, ...SPANS.map(([value, text]) => make("option", { value }, text)));
  private readonly why = make("input", { required: true, maxlength: 1000, autocomplete: "off" });
  private readonly form = make("form");
  private readonly outcome = make("p", { role: "status" });

  /** `changed` is called when the plugin has to be read again. */
  constructor(
    private readonly row: Row,
    private readonly changed: () => void,
  ) {
    const fields = [make("label", {}, "Silence for ", this.span), make("label", {}, "Reason ", this.why), make("button", {}, "Silence")];
    this.form.append(...fields);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const silence = { plugins: [row.plugin.name], for: this.span.value, reason: this.why.value };
      void this.send("/silences", { method: "POST", body: JSON.stringify({ silence }) });
    });
    this.end.addEventListener("click", () => void this.send(`/silences/${row.plugin.silence?.id}`, { method: "DELETE" }));
    this.element.append(make("h2", {}, "Silence"), this.state, this.end, this.form, this.outcome);
    this.show();
  }

  show(): void {
    const silence = this.row.plugin.silence;
    const text = silence
      ? `Nobody is told of its results until ${moment(Date.parse(silence.until))}. Silence ${silence.id} by ${silence.by}: ${silence.reason}`
      : "Its actions follow its results.";
    say(this.state, visible(text, 3000));
    const hasFocus = [this.end, this.form].some((part) => part.contains(document.activeElement));
    const isOther = this.end.hidden === !!silence;
    this.end.hidden = !silence;
    this.form.hidden = !!silence;
    // What is hidden loses the focus.
    if (hasFocus && isOther) (silence ? this.end : this.why).focus();
  }

  private async send(path: string, init: RequestInit): Promise<void> {
    try {
      await ask(path, init);
      this.outcome.textContent = "";
      this.why.value = "";
      this.changed();
    } catch (error) {
      this.outcome.textContent = reason(error);
    }
  }
}

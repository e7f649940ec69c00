/** The parts around the controls: search, reset and presets above them, Apply below them. Rendered by ParamsForm. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { JSX } from "react";
import { SearchBox } from "../ui/search-box";

export interface ParamsToolbarProps {
  readonly search: string;
  readonly onSearch: (text: string) => void;
  readonly onPresets: (button: HTMLElement) => void;
  /** Null while every parameter has its default, or cannot be changed. */
  readonly onReset: (() => void) | null;
  readonly trans: TranslationBundle;
}

export function ParamsToolbar({ search, onSearch, onPresets, onReset, trans }: ParamsToolbarProps): JSX.Element {
  return (
    <div className="stagebook-Params-toolbar" role="toolbar" aria-label={trans.__("Parameters")}>
      <SearchBox
        className="stagebook-Params-search"
        search={search}
        placeholder={trans.__("Find parameter")}
        label={trans.__("Find parameters by name or description")}
        onSearch={onSearch}
      />
      {onReset && (
        <button type="button" className="stagebook-Button" title={trans.__("Restore all defaults")} onClick={onReset}>
          {trans.__("Reset all")}
        </button>
      )}
      <button
        type="button"
        className="stagebook-Button"
        aria-haspopup="menu"
        title={trans.__("Save, load and share the values of all parameters")}
        onClick={(event) => onPresets(event.currentTarget)}
      >
        {trans.__("Presets")}
      </button>
    </div>
  );
}

export interface SearchStatusProps {
  /** No parameter matches the search. */
  readonly isEmpty: boolean;
  readonly forecast: string | undefined;
  readonly trans: TranslationBundle;
}

/** The live region is always in the page: a screen reader announces only changes of an existing one. */
export function SearchStatus({ isEmpty, forecast, trans }: SearchStatusProps): JSX.Element {
  const emptyText = trans.__("No matching parameters.");
  return (
    <>
      <div className="stagebook-Params-said" role="status">
        {isEmpty ? emptyText : forecast}
      </div>
      {isEmpty && <p className="stagebook-Params-none">{emptyText}</p>}
    </>
  );
}

export interface ApplyBarProps {
  /** The number of values that wait. */
  readonly count: number;
  /** What they would run; empty while it is not known. */
  readonly forecast: string;
  readonly disabled: boolean;
  readonly onApply: () => void;
  readonly onDiscard: () => void;
  readonly trans: TranslationBundle;
}

export function ApplyBar({ count, forecast, disabled, onApply, onDiscard, trans }: ApplyBarProps): JSX.Element {
  return (
    <div className="stagebook-Params-apply">
      <button
        type="button"
        className="stagebook-Button"
        data-primary={count > 0 || undefined}
        disabled={disabled || count === 0}
        onClick={onApply}
      >
        {count === 0 ? trans.__("Apply") : trans._n("Apply %1 change", "Apply %1 changes", count)}
      </button>
      <button type="button" className="stagebook-Button" disabled={count === 0} onClick={onDiscard}>
        {trans.__("Discard")}
      </button>
      <span className="stagebook-Params-forecast">{forecast}</span>
    </div>
  );
}

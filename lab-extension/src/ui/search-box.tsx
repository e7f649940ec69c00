/** The search box of a panel's toolbar; Escape clears it. Rendered by the toolbars of the graph and of the parameters. */
import type { KeyboardEvent, ReactElement } from "react";

export interface SearchBoxProps {
  readonly className: string;
  readonly search: string;
  readonly placeholder: string;
  /** For screen readers. */
  readonly label: string;
  readonly onSearch: (text: string) => void;
  /** Called on Enter. */
  readonly onNext?: () => void;
}

export function SearchBox({ className, search, placeholder, label, onSearch, onNext }: SearchBoxProps): ReactElement {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && onNext) onNext();
    else if (event.key === "Escape" && search !== "") onSearch("");
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <input
      className={className}
      type="search"
      value={search}
      placeholder={placeholder}
      aria-label={label}
      spellCheck={false}
      onChange={(event) => onSearch(event.target.value)}
      onKeyDown={onKeyDown}
    />
  );
}

// Makes the pages quicker where scripts are on. Everything works without.
"use strict";

// Fields say what is right as soon as they are left.
for (const field of document.querySelectorAll(".field[data-check]")) {
  const input = field.querySelector("input");
  const error = field.querySelector(".error");
  if (!input || !error) continue;
  const texts = field.dataset;
  const problem = () => {
    const text = input.value.trim();
    if (text === "") return input.required ? texts.missing : "";
    const plain = text.replace(/[\s\u00a0\u202f€$']/g, "");
    if (!/^[-+]?[\d.,]+$/.test(plain)) return texts.number;
    if (plain.startsWith("-") && /[1-9]/.test(plain) && texts.below === undefined) return texts.negative;
    if (/^[-+]?[1-9]\d{0,2}\.\d{3}$/.test(plain)) return texts.either;
    if (texts.check === "whole" && /[.,]\d{1,2}$/.test(plain)) return texts.whole;
    if (Number(plain.replace(/[,.](?=\d{3}(\D|$))/g, "").replace(",", ".")) > Number(texts.max)) return texts.large;
    return "";
  };
  const show = () => {
    const text = problem();
    error.textContent = text;
    field.classList.toggle("bad", text !== "");
    input.setAttribute("aria-invalid", text !== "");
    return text === "";
  };
  input.addEventListener("blur", show);
  input.addEventListener("input", () => { if (field.classList.contains("bad")) show(); });
  field.closest("form").addEventListener("submit", (event) => {
    if (!show() && !event.defaultPrevented) {
      event.preventDefault();
      field.closest("form").querySelector(".bad input")?.focus();
    }
  });
}

// Uploads show how far they have come.
const upload = document.querySelector("form[data-upload]");
if (upload) {
  upload.addEventListener("submit", (event) => {
    const file = upload.elements.file.files[0];
    const error = upload.querySelector(".error");
    if (!file) {
      event.preventDefault();
      error.textContent = upload.dataset.none;
      return;
    }
    if (file.size > Number(upload.dataset.most)) {
      event.preventDefault();
      error.textContent = upload.dataset.large;
      return;
    }
    event.preventDefault();
    error.textContent = "";
    const bar = upload.querySelector("progress");
    const button = upload.querySelector("button");
    bar.hidden = false;
    button.disabled = true;
    const request = new XMLHttpRequest();
    request.open("POST", upload.action);
    request.upload.addEventListener("progress", (e) => { if (e.lengthComputable) { bar.max = e.total; bar.value = e.loaded; } });
    request.addEventListener("load", () => {
      if (request.status === 200 && new URL(request.responseURL).pathname !== new URL(upload.action).pathname) {
        location.assign(request.responseURL);
        return;
      }
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      error.textContent = page.querySelector("form[data-upload] .error, .message")?.textContent || upload.dataset.broken;
      bar.hidden = true;
      button.disabled = false;
    });
    request.addEventListener("error", () => {
      error.textContent = upload.dataset.broken;
      bar.hidden = true;
      button.disabled = false;
    });
    request.send(new FormData(upload));
  });
}

// Another set of customers is shown as soon as it is chosen.
const choice = document.querySelector("form[data-switch]");
if (choice) {
  choice.querySelector("button").hidden = true;
  choice.querySelector("select").addEventListener("change", () => choice.submit());
}

// Questions that change or delete something ask first.
for (const button of document.querySelectorAll("button[data-confirm]")) {
  button.addEventListener("click", (event) => { if (!confirm(button.dataset.confirm)) event.preventDefault(); });
}

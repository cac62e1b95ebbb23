// Asks the server. An answer with an error becomes an Error with the server's words.

export const fetched = async (address, options) => {
  const response = await fetch(address, options);
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({}));
  throw new Error(error ?? `the server answered ${response.status}`);
};

export const ask = async (address, options) => (await fetched(address, options)).json();

export const post = (address, wanted) => ask(address, {
  method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(wanted),
});

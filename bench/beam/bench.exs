# The workloads of Elixir's own library: its `Registry` and its `Task`, as in registry.rs and task.rs.
#
# Started by bench/run, as `elixir bench.exs NAME`. Prints lines `metric value unit`, as bench.erl does; a name that is
# unknown here prints nothing.

defmodule Bench do
  @keys 10_000

  def main(["registry"]) do
    lookups(:"registry.lookup_1", 1)
    lookups(:"registry.lookup_2", 2)
    lookups(:"registry.lookup_8", 8)
    register()
    clean_up()
  end

  def main(["task"]) do
    ns = per_op(200_000, fn n -> for i <- 1..n, do: ^i = Task.await(Task.async(fn -> i end)) end)
    report("task", ns)
  end

  def main(["task_stream"]) do
    ns =
      per_op(100_000, fn n ->
        sum = 1..n |> Task.async_stream(fn item -> item end) |> Enum.reduce(0, fn {:ok, item}, sum -> sum + item end)
        ^sum = div(n * (n + 1), 2)
      end)

    report("task_stream", ns)
  end

  def main(_), do: :ok

  defp lookups(name, readers) do
    start(name, 8)
    for key <- 0..(@keys - 1), do: {:ok, _} = Registry.register(name, key, key)
    stop = :atomics.new(1, [])
    writer = Task.async(fn -> writer(name, stop) end)

    ns =
      per_op(1_000_000, fn n ->
        1..readers
        |> Enum.map(fn reader -> Task.async(fn -> read(name, reader * 37, div(n, readers)) end) end)
        |> Task.await_many(:infinity)
      end)

    :atomics.put(stop, 1, 1)
    Task.await(writer)
    report(name, ns)
  end

  defp read(_, _, 0), do: :ok

  defp read(name, key, n) do
    key = rem(key + 7, @keys)
    [{_, ^key}] = Registry.lookup(name, key)
    read(name, key, n - 1)
  end

  # Registers and takes back keys of its own until it is told to stop.
  defp writer(name, stop) do
    {:ok, _} = Registry.register(name, @keys, 0)
    write(name, @keys + 1, stop)
  end

  defp write(name, key, stop) do
    if :atomics.get(stop, 1) == 0 do
      {:ok, _} = Registry.register(name, key, key)
      :ok = Registry.unregister(name, key)
      # It sleeps no shorter.
      Process.sleep(1)
      write(name, if(key == 2 * @keys - 1, do: @keys + 1, else: key + 1), stop)
    end
  end

  defp register do
    start(:register, 1)

    ns =
      per_op(200_000, fn n ->
        for first <- 0..(n - 1)//100 do
          for key <- first..(first + 99), do: {:ok, _} = Registry.register(:register, key, key)
          for key <- first..(first + 99), do: :ok = Registry.unregister(:register, key)
        end
      end)

    report("registry.register", ns)
  end

  defp clean_up do
    start(:clean_up, 1)

    all =
      for _ <- 1..5 do
        owners = owners(20_000)
        began = now()
        for owner <- owners, do: send(owner, :end)
        until_empty()
        now() - began
      end

    report("registry.clean_up", Enum.sum(all) / 100_000)
  end

  defp owners(count) do
    main = self()

    for key <- 0..(count - 1) do
      spawn(fn ->
        {:ok, _} = Registry.register(:clean_up, key, key)
        send(main, :ready)
        receive do: (:end -> :ok)
      end)
    end
    |> tap(fn owners -> for _ <- owners, do: receive(do: (:ready -> :ok)) end)
  end

  defp until_empty do
    if Registry.count(:clean_up) > 0 do
      Process.sleep(1)
      until_empty()
    end
  end

  defp start(name, partitions) do
    {:ok, _} = Registry.start_link(keys: :unique, name: name, partitions: partitions)
  end

  # A tenth goes first, untimed, as warm-up.
  defp per_op(n, body) do
    body.(div(n, 10))
    began = now()
    body.(n)
    (now() - began) / n
  end

  defp now, do: :erlang.monotonic_time(:nanosecond)

  defp report(metric, ns), do: :io.format("~s ~.1f ns~n", [metric, ns])
end

Bench.main(System.argv())

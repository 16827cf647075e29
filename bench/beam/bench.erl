%% The same workloads on the BEAM: gen_server and supervisor with their defaults.
%%
%% Started by bench/run, as `erl -s bench main -extra NAME`. Prints lines `metric value unit`, as src/lib.rs does; a
%% name that is unknown here prints nothing. One module is the callback of every server: what init/1 gets says which.

-module(bench).
-export([main/0, init/1, handle_call/3, handle_cast/2]).

main() ->
    %% Crash reports would measure the console.
    logger:set_primary_config(level, none),
    [Name] = init:get_plain_arguments(),
    %% A process of its own, with an empty mailbox.
    {_, Monitor} = spawn_monitor(fun() -> run(list_to_atom(Name)) end),
    receive {'DOWN', Monitor, process, _, Reason} -> halt(case Reason of normal -> 0; _ -> 1 end) end.

%% The workloads.

run(call_actor) -> calls(call_actor);
run(call_blocking) -> calls(call_blocking);

run(call_blocking_1000) ->
    Counter = start(counter),
    Callers = [start({caller, Counter, self()}) || _ <- lists:seq(1, 1000)],
    report(call_blocking_1000, per_op(500_000, fun(N) ->
        Before = gen_server:call(Counter, get),
        [gen_server:cast(C, {calls, N div 1000}) || C <- Callers],
        await(1000, done),
        After = gen_server:call(Counter, get),
        N = After - Before
    end), ns);

run(parked_10000) -> waits(parked_10000, 10_000);
run(parked_100000) -> waits(parked_100000, 100_000);

run(parked_million) ->
    Count = 1_000_000,
    #{processes := Processes, waits := Waits, park := Park, release := Release} = park(Count),
    report('parked_million.memory', (Processes + Waits) / Count, bytes),
    report('parked_million.park', Park / 1.0e9, s),
    report('parked_million.release', Release / 1.0e9, s);

run(cast) ->
    Counter = start(counter),
    report(cast, per_op(2_000_000, fun(N) ->
        Before = gen_server:call(Counter, get),
        repeat(N, fun() -> gen_server:cast(Counter, add) end),
        After = gen_server:call(Counter, get),
        N = After - Before
    end), ns);

run(ring) -> ring(ring, 1, 1_000_000);
run(ring_100) -> ring(ring_100, 100, 5_000_000);

run(spawn_seq) ->
    report(spawn_seq, per_op(100_000, fun(N) ->
        repeat(N, fun() -> ok = gen_server:stop(start(counter)) end)
    end), ns);

run(spawn_bulk) ->
    report(spawn_bulk, per_op(100_000, fun(N) ->
        Counters = [start(counter) || _ <- lists:seq(1, N)],
        [monitor(process, C) || C <- Counters],
        [gen_server:cast(C, stop) || C <- Counters],
        %% Counted, not matched one by one: they arrive in no order.
        repeat(N, fun() -> receive {'DOWN', _, process, _, normal} -> ok end end)
    end), ns);

run(idle) ->
    Before = resident(),
    Counters = [start(counter) || _ <- lists:seq(1, 1_000_000)],
    [1 = gen_server:call(C, add) || C <- Counters],
    report(idle, (resident() - Before) / length(Counters), bytes);

run(restart) -> restarts(restart, panic);
run(restart_error) -> restarts(restart_error, fail);

%% A process waits in one way only.
run(skynet) -> skynet(skynet);
run(skynet_async) -> skynet(skynet_async);

run(hostage) ->
    erlang:system_flag(schedulers_online, min(2, erlang:system_info(schedulers))),
    Second = 1000,
    report('hostage.killed', lists:sum([
        hostages('hostage.quiet', 0, Second),
        hostages('hostage.compute_1', 1, Second),
        hostages('hostage.compute_2', 2, Second),
        hostages('hostage.compute_4', 4, Second),
        hostages('hostage.endless_1', 1, infinity),
        hostages('hostage.endless_2', 2, infinity),
        hostages('hostage.endless_4', 4, infinity)
    ]), waiters);

%% Elixir's Registry, on which Phoenix.PubSub stands, if Elixir is there.
run(topic) ->
    true = code:add_patha(os:cmd("elixir -e 'IO.write(:code.lib_dir(:elixir, :ebin))'")),
    {ok, _} = application:ensure_all_started(elixir),
    {ok, _} = 'Elixir.Registry':start_link([{keys, duplicate}, {name, topics}]),
    {Count, Rounds, Heard, Main} = {10_000, 100, atomics:new(1, []), self()},
    [spawn_link(fun() ->
        {ok, _} = 'Elixir.Registry':register(topics, <<"prices">>, []),
        subscriber(Count, Heard, Main)
    end) || _ <- lists:seq(1, Count)],
    await(1, all),
    publish(all, Rounds div 10),
    {Sent, Handled} = publish(all, Rounds),
    report('topic.sent', Sent / (Count * Rounds), ns),
    report('topic.handled', Handled / (Count * Rounds), ns);

run(_) -> ok.

%% Whoever is the last of all to have subscribed, or to hear something, says so, as in topic.rs.
subscriber(Count, Heard, Main) ->
    case atomics:add_get(Heard, 1, 1) rem Count of
        0 -> Main ! all;
        _ -> ok
    end,
    receive {price, _} -> subscriber(Count, Heard, Main) end.

%% How long it takes to send, and until all is handled.
publish(All, Rounds) ->
    Began = now_ns(),
    Sent = lists:sum([begin
        Begins = now_ns(),
        ok = 'Elixir.Registry':dispatch(topics, <<"prices">>, fun(Entries) ->
            [Pid ! {price, Round} || {Pid, _} <- Entries],
            ok
        end),
        Took = now_ns() - Begins,
        await(1, All),
        Took
    end || Round <- lists:seq(1, Rounds)]),
    {Sent, now_ns() - Began}.

calls(Name) ->
    Counter = start(counter),
    report(Name, per_op(500_000, fun(N) ->
        Before = gen_server:call(Counter, get),
        repeat(N, fun() -> gen_server:call(Counter, add) end),
        After = gen_server:call(Counter, get),
        N = After - Before
    end), ns).

%% Many servers wait at once, as in parked.rs.
waits(Name, Count) ->
    #{waits := Waits, threads := Threads} = park(Count),
    report(atom_to_list(Name) ++ ".memory", Waits / 1.0e6, 'MB'),
    report(atom_to_list(Name) ++ ".threads", Threads, threads).

park(Count) ->
    Gate = start({gate, Count, self()}),
    Empty = resident(),
    Callers = [start({caller, Gate, self()}) || _ <- lists:seq(1, Count)],
    {Idle, Threads, Began} = {resident(), threads(), now_ns()},
    [gen_server:cast(C, enter) || C <- Callers],
    await(1, all_here),
    Parked = now_ns(),
    {Waiting, WithThreads} = {resident(), threads()},
    Opened = now_ns(),
    gen_server:cast(Gate, open),
    await(Count, done),
    #{processes => Idle - Empty, waits => Waiting - Idle, threads => WithThreads - Threads,
      park => Parked - Began, release => now_ns() - Opened}.

%% A tree of processes, ten below each, as in skynet.rs. A tenth of it goes first, as warm-up.
skynet(Name) ->
    Leaves = 1_000_000,
    PerLeaf = per_op(Leaves, fun(N) ->
        grow(self(), 0, N),
        Sum = N * (N - 1) div 2,
        receive {sum, Sum} -> ok end
    end),
    report(Name, PerLeaf * Leaves / ((Leaves * 10 - 1) div 9), ns).

grow(Up, First, 1) -> spawn(fun() -> Up ! {sum, First} end);
grow(Up, First, Leaves) ->
    spawn(fun() ->
        Each = Leaves div 10,
        [grow(self(), First + Below * Each, Each) || Below <- lists:seq(0, 9)],
        Up ! {sum, lists:sum([receive {sum, Sum} -> Sum end || _ <- lists:seq(1, 10)])}
    end).

%% The worst lateness of two hundred that wait beside hogs, as in hostage.rs; says how many ended otherwise than they
%% should. Nothing blocks in a system call here, and no code is the first of its kind.
hostages(Name, Hogs, Hold) ->
    Silent = start(silent),
    Stop = atomics:new(1, []),
    Waiters = [spawn_monitor(fun() -> waiter(I rem 3, Silent, Stop, 0) end) || I <- lists:seq(1, 200)],
    timer:sleep(200),
    Computing = [spawn_monitor(fun() -> compute(Hold, now_ns()) end) || _ <- lists:seq(1, Hogs)],
    [timer:sleep(1000) || Hogs == 0 orelse Hold =:= infinity],
    [exit(Hog, kill) || {Hog, _} <- Computing, Hold =:= infinity],
    [receive {'DOWN', Monitor, process, _, _} -> ok end || {_, Monitor} <- Computing],
    timer:sleep(100),
    atomics:put(Stop, 1, 1),
    Ends = [receive {'DOWN', Monitor, process, _, Reason} -> Reason end || {_, Monitor} <- Waiters],
    Lateness = [Worst || {late, Worst} <- Ends],
    report(Name, lists:max([0 | Lateness]) / 1.0e6, ms),
    gen_server:stop(Silent),
    length(Ends) - length(Lateness).

%% Ends with the worst lateness, in nanoseconds.
waiter(Kind, Silent, Stop, Worst) ->
    case atomics:get(Stop, 1) of
        1 -> exit({late, Worst});
        0 ->
            Began = now_ns(),
            ok = wait(Kind, Silent),
            waiter(Kind, Silent, Stop, max(Worst, now_ns() - Began - 20_000_000))
    end.

wait(0, _) -> timer:sleep(20);
wait(1, Silent) ->
    try gen_server:call(Silent, ask, 20) of _ -> answered catch exit:{timeout, _} -> ok end;
wait(2, _) -> receive never -> came after 20 -> ok end.

compute(infinity, Began) -> compute(infinity, Began);
compute(Ms, Began) ->
    case now_ns() - Began < Ms * 1_000_000 of
        true -> compute(Ms, Began);
        false -> ok
    end.

%% A thousand servers in a ring. Every token makes its share of Hops, then tells us.
ring(Name, Tokens, Hops) ->
    Size = 1000,
    First = start({node, self()}),
    {Nodes, Last} = lists:mapfoldl(fun(_, Next) ->
        Node = start({node, self()}),
        gen_server:cast(Node, {next, Next}),
        {Node, Node}
    end, First, lists:seq(2, Size)),
    gen_server:cast(First, {next, Last}),
    Starts = [lists:nth(I * Size div Tokens + 1, [First | Nodes]) || I <- lists:seq(0, Tokens - 1)],
    report(Name, per_op(Hops, fun(N) ->
        [gen_server:cast(S, {token, N div Tokens}) || S <- Starts],
        await(Tokens, done)
    end), ns).

%% A hundred crashes under each supervisor: OTP's own account of restarts grows with their number in one period.
restarts(Name, How) ->
    Each = 100,
    report(Name, per_op(10_000, fun(N) ->
        repeat(N div Each, fun() ->
            {ok, Supervisor} = supervisor:start_link(?MODULE, {supervisor, Each, self()}),
            crash(Each, How),
            unlink(Supervisor),
            gen_server:stop(Supervisor)
        end)
    end), ns).

crash(Left, How) ->
    receive {up, Child} -> ok end,
    0 = gen_server:call(Child, get),
    case Left of
        0 -> ok;
        _ -> gen_server:cast(Child, How), crash(Left - 1, How)
    end.

%% The servers.

init(silent) -> {ok, silent};
init(counter) -> {ok, {counter, 0}};
init({announced, Main}) -> Main ! {up, self()}, {ok, {counter, 0}};
init({caller, _, _} = State) -> {ok, State};
init({gate, Missing, Main}) -> {ok, {gate, Missing, Main, []}};
init({node, Main}) -> {ok, {node, Main, none}};
init({supervisor, Intensity, Main}) ->
    Child = #{id => child, start => {gen_server, start_link, [?MODULE, {announced, Main}, []]}},
    {ok, {#{intensity => Intensity, period => 1}, [Child]}}.

handle_call(ask, _, silent) -> {noreply, silent};
handle_call(add, _, {counter, Number}) -> {reply, Number + 1, {counter, Number + 1}};
handle_call(get, _, {counter, Number} = State) -> {reply, Number, State};
handle_call(enter, From, {gate, Missing, Main, Waiting}) ->
    case Missing of
        1 -> Main ! all_here;
        _ -> ok
    end,
    {noreply, {gate, Missing - 1, Main, [From | Waiting]}}.

handle_cast(add, {counter, Number}) -> {noreply, {counter, Number + 1}};
handle_cast(stop, State) -> {stop, normal, State};
handle_cast(panic, _) -> error(boom);
handle_cast(fail, State) -> {stop, boom, State};
handle_cast({calls, N}, {caller, Counter, Main} = State) ->
    repeat(N, fun() -> gen_server:call(Counter, add) end),
    Main ! done,
    {noreply, State};
handle_cast(enter, {caller, Gate, Main} = State) ->
    ok = gen_server:call(Gate, enter, infinity),
    Main ! done,
    {noreply, State};
handle_cast(open, {gate, 0, Main, Waiting}) ->
    [gen_server:reply(From, ok) || From <- Waiting],
    {noreply, {gate, 0, Main, []}};
handle_cast({next, Next}, {node, Main, _}) -> {noreply, {node, Main, Next}};
handle_cast({token, 0}, {node, Main, _} = State) -> Main ! done, {noreply, State};
handle_cast({token, Left}, {node, _, Next} = State) -> gen_server:cast(Next, {token, Left - 1}), {noreply, State}.

%% The harness.

start(What) -> {ok, Pid} = gen_server:start(?MODULE, What, []), Pid.

repeat(0, _) -> ok;
repeat(N, Fun) -> Fun(), repeat(N - 1, Fun).

await(0, _) -> ok;
await(N, What) -> receive What -> await(N - 1, What) end.

%% Nanoseconds per operation. A tenth of N goes first, untimed, as warm-up.
per_op(N, Fun) ->
    Fun(N div 10),
    Start = now_ns(),
    Fun(N),
    (now_ns() - Start) / N.

now_ns() -> erlang:monotonic_time(nanosecond).

report(Metric, Value, Unit) -> io:format("~s ~.1f ~s~n", [Metric, float(Value), Unit]).

%% As the other programs are measured: what the kernel counts, not erlang:memory/1.
resident() -> status("VmRSS:") * 1024.
threads() -> status("Threads:").

status(Field) ->
    {ok, Status} = file:read_file("/proc/self/status"),
    {match, [Number]} = re:run(Status, Field ++ "\\s+(\\d+)", [{capture, all_but_first, list}]),
    list_to_integer(Number).
